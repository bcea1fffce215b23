// Keeps worker processes running: restarts those that crash, after a longer pause each time, and gives up on those that keep crashing.
import { pause } from "../../shared/async/back-off.ts";
import { GanglionError } from "../../shared/errors.ts";
import { BackOff, CRASHES } from "./back-off.ts";
import type { NodeProcess } from "./node-process.ts";

/** A place for one process, which may be started many times. */
export interface Slot {
  readonly name: string;
  start(): NodeProcess;
}

/** Time as the supervisor sees it; tests have their own. */
export interface Clock {
  /** Milliseconds since an arbitrary moment. */
  now(): number;
  /** Resolves, never rejects, after so long or when aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export interface SupervisorOptions {
  readonly slots: readonly Slot[];
  /** Called with each crash and what follows from it. */
  readonly warn: (sentence: string) => void;
  /** Asks every process to leave. */
  readonly stop: AbortSignal;
  readonly clock?: Clock;
}

/** How long processes may take to leave when asked. */
const GRACE_MS = 30_000;

const realClock: Clock = {
  now: () => performance.now(),
  wait: pause,
};

/**
 * Runs every slot's process until each has ended by itself, was asked to, or is benched.
 *
 * @throws GanglionError USAGE when a process refuses its flags (all are stopped then), WORKER when all are benched
 */
export async function supervise({ slots, warn, stop, clock = realClock }: SupervisorOptions): Promise<void> {
  const over = new AbortController(); // nothing is to be started any more
  const done = new AbortController();
  let mistake: GanglionError | null = null;
  const running = new Set<NodeProcess>();
  const killAll = (signal: NodeJS.Signals): void => running.forEach((process) => process.kill(signal));
  const leave = (): void => {
    over.abort();
    killAll("SIGTERM");
    void clock.wait(GRACE_MS, done.signal).then(() => killAll("SIGKILL"));
  };
  if (stop.aborted) leave();
  else stop.addEventListener("abort", leave, { once: true });

  async function keep(slot: Slot): Promise<"ended" | "benched"> {
    const { name } = slot;
    const backOff = new BackOff();
    while (!over.signal.aborted) {
      const startedAt = clock.now();
      const process = slot.start();
      running.add(process);
      const end = await process.ended;
      running.delete(process);
      if (end.kind === "clean") {
        over.abort(); // the run is over: there is nothing to restart for
        break;
      }
      if (over.signal.aborted) break;
      if (end.mistake) {
        mistake ??= new GanglionError("USAGE", `${name} ended with ${end.how}`);
        leave();
        break;
      }
      const pauseMs = backOff.crashed(clock.now() - startedAt);
      if (pauseMs === null) {
        warn(`${name} ended with ${end.how}; it is benched after ${CRASHES} crashes in a row`);
        return "benched";
      }
      warn(`${name} ended with ${end.how}; starting it again in ${pauseMs / 1000} s`);
      await clock.wait(pauseMs, over.signal);
    }
    return "ended";
  }

  try {
    const ends = await Promise.all(slots.map(keep));
    if (mistake) throw mistake as GanglionError;
    if (ends.every((end) => end === "benched")) {
      throw new GanglionError(
        "WORKER",
        `${slots.map(({ name }) => name).join(", ")}: benched after ${CRASHES} crashes in a row; no worker is left`,
      );
    }
  } finally {
    stop.removeEventListener("abort", leave);
    done.abort();
  }
}
