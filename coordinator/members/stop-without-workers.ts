// A run that is to stop finishes its step first; where nobody can do so, it ends all the same.
import type { Members } from "./members.ts";

/** The user wants to stop, and nobody is left, can be reached, or answers, to finish the step. */
export class StoppedWithoutWorkers extends Error {}

export interface StopWithoutWorkersOptions {
  readonly stop: AbortSignal;
  readonly halt: AbortSignal;
  readonly members: Pick<Members, "ready" | "change">;
  /** Whether nodes can be reached at present; false while a broker is away. */
  readonly isReachable: () => boolean;
  /** Whether those that have work to do have not answered for too long. */
  readonly isSilent: () => boolean;
}

/** A broker that restarts is waited for so long. */
const AWAY_MS = 5000;
const LOOK_EVERY_MS = 500;

/**
 * Aborts with `StoppedWithoutWorkers` once `stop` has and no member is ready, or has been within reach for a while, or answers;
 * after `halt`, never.
 */
export function haltWithoutWorkers(options: StopWithoutWorkersOptions): AbortSignal {
  const { stop } = options;
  const controller = new AbortController();
  const watch = async (): Promise<void> => {
    await Promise.race([nobodyReady(options), nobodyAnswers(options)]);
    controller.abort(new StoppedWithoutWorkers());
  };
  const begin = (): void => void watch().catch(() => undefined); // halted: that ends the run by itself
  if (stop.aborted) begin();
  else stop.addEventListener("abort", begin, { once: true });
  return controller.signal;
}

async function nobodyReady({ members, halt }: StopWithoutWorkersOptions): Promise<void> {
  while (members.ready().length > 0) await members.change(halt);
}

function nobodyAnswers({ isReachable, isSilent, halt }: StopWithoutWorkersOptions): Promise<void> {
  return new Promise((resolve) => {
    let awayMs = 0;
    const timer = setInterval(() => {
      awayMs = isReachable() ? 0 : awayMs + LOOK_EVERY_MS;
      if (awayMs >= AWAY_MS || isSilent()) resolve();
    }, LOOK_EVERY_MS).unref();
    halt.addEventListener("abort", () => clearInterval(timer), { once: true });
  });
}
