// Hears the events of a long run: tells how it goes on, reads memory as it does, and notices when it stands still.
import { type StatusRecord, isOver } from "../../shared/status-record.ts";
import type { JsonEvent } from "../support/cli.ts";
import { type Reading, residentMb } from "./memory.ts";
import type { Program } from "./program.ts";
import type { Visits } from "./visitors.ts";

export interface WatchOptions {
  readonly name: string;
  readonly steps: number;
  readonly say: (line: string) => void;
}

/** In a whole run, each with a line of progress. */
const READINGS = 20;
/** Without a step for so long a run stands still: a step takes milliseconds, the slowest recovery a few seconds. */
const STILL_MS = 60_000;
const LOOK_MS = 1000;
/** So many of the newest warnings are told of a run that stands still. */
const WARNINGS_KEPT = 5;

export class Watch {
  readonly address: Promise<string>;
  /** Rejects, never resolves. */
  readonly standsStill: Promise<never>;
  /** Aborts when the run has ended, and at `end`: nobody need join any more. */
  readonly over = new AbortController();
  /** Of each process that stays. */
  readonly readings = new Map<string, Reading[]>();
  readonly #options: WatchOptions;
  #listening: (address: string) => void = () => undefined;
  #stands: (error: Error) => void = () => undefined;
  #processes: readonly (readonly [string, Program])[] = [];
  #visits: Visits = { left: 0, killed: 0 };
  #timer: NodeJS.Timeout | undefined;
  #step = 0;
  #steppedAt = 0;
  #told = { step: 0, at: 0 };
  #states = new Map<string, string>();
  readonly #waiting = new Map<string, () => void>();
  readonly #warningsByCode = new Map<string, number>();
  #warnings: string[] = [];
  #done: JsonEvent | null = null;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.address = new Promise((resolve) => (this.#listening = resolve));
    this.standsStill = new Promise<never>((_, reject) => (this.#stands = reject));
    this.standsStill.catch(() => undefined); // it may be that nobody waits for it any more
  }

  /** The run's last event. */
  get done(): JsonEvent {
    if (!this.#done) throw new Error(`${this.#options.name}: the run ended without the event done`);
    return this.#done;
  }

  /** The processes that stay, and the visits, which are counted elsewhere. */
  begin(processes: readonly (readonly [string, Program])[], visits: Visits): void {
    this.#processes = processes;
    this.#visits = visits;
    this.#steppedAt = performance.now();
    this.#told = { step: 0, at: this.#steppedAt };
    for (const [name] of processes) this.readings.set(name, []);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  end(): void {
    clearInterval(this.#timer);
    this.over.abort();
  }

  /** Resolves when the coordinator calls this node ready. */
  readonly ready = (node: string): Promise<void> =>
    new Promise((resolve) => {
      if (this.#states.get(node) === "ready") resolve();
      else this.#waiting.set(node, resolve);
    });

  readonly hear = (event: JsonEvent): void => {
    switch (event.event) {
      case "listening":
        return this.#listening(String(event["address"]));
      case "run":
        if (isOver(event as unknown as StatusRecord)) this.over.abort();
        return;
      case "workers":
        return this.#hearNodes(event["nodes"] as readonly { node: string; state: string }[]);
      case "warning":
        return this.#hearWarning(String(event["code"]), String(event["message"]));
      case "step":
        return this.#hearStep(Number(event["step"]));
      case "done":
        this.#done = event;
        return;
      default:
    }
  };

  #hearNodes(nodes: readonly { node: string; state: string }[]): void {
    this.#states = new Map(nodes.map(({ node, state }) => [node, state]));
    for (const [node, resolve] of this.#waiting) {
      if (this.#states.get(node) !== "ready") continue;
      this.#waiting.delete(node);
      resolve();
    }
  }

  #hearWarning(code: string, message: string): void {
    this.#warningsByCode.set(code, (this.#warningsByCode.get(code) ?? 0) + 1);
    this.#warnings = [...this.#warnings, message].slice(-WARNINGS_KEPT);
  }

  #hearStep(step: number): void {
    this.#step = step;
    this.#steppedAt = performance.now();
    const every = Math.max(1, Math.floor(this.#options.steps / READINGS));
    if (step % every === 0) void this.#read(step);
  }

  /** Reads every process's memory, then tells how far the run is. */
  async #read(step: number): Promise<void> {
    const { name, steps, say } = this.#options;
    const at = performance.now();
    const speed = (1000 * (step - this.#told.step)) / (at - this.#told.at);
    this.#told = { step, at };
    const memory: string[] = [];
    for (const [process, { pid }] of this.#processes) {
      const mb = await residentMb(pid);
      if (mb === null) continue;
      this.readings.get(process)?.push({ done: step / steps, mb });
      memory.push(`${process} ${mb} MB`);
    }
    const { left, killed } = this.#visits;
    say(
      [
        `${name}: step ${step}/${steps}`,
        `${speed.toFixed(0)} steps/s`,
        `visitors: ${left} left, ${killed} killed`,
        ...memory,
        ...[...this.#warningsByCode].map(([code, times]) => `${times} × ${code}`),
      ].join(", "),
    );
  }

  #look(): void {
    if (performance.now() - this.#steppedAt < STILL_MS || this.#done) return;
    const nodes = [...this.#states].map(([node, state]) => `${node} ${state}`).join(", ");
    this.#stands(
      new Error(
        `${this.#options.name}: no step since ${this.#step} for ${STILL_MS / 1000} s; nodes: ${nodes || "none"}; newest warnings:\n` +
          this.#warnings.join("\n"),
      ),
    );
  }
}
