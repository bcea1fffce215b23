// Detects a run that stalls: warns when no result has come for much longer than a step takes, and of what is missing.
import type { RunEvent } from "../dashboard/events.ts";
import type { LeaseCounts } from "./answer-counts.ts";
import type { Leases } from "./leases.ts";
import type { Members } from "../members/members.ts";
import { missingWork, secondsText } from "./missing-work.ts";

export interface StallDetectorOptions {
  /** Milliseconds; stands still while no node can be reached. */
  readonly now: () => number;
  readonly members: Pick<Members, "ready">;
  readonly leases: Pick<Leases, "out"> & { readonly counts: LeaseCounts };
  /** The phases' names. */
  readonly phases: readonly string[];
  readonly warn: (code: string, message: string) => void;
  /** Called with what a run that stalls waits for, and with null when it makes progress again. */
  readonly changed: (waitsFor: string | null) => void;
}

/** Whether an event shows that the training makes progress. */
const IS_PROGRESS: Readonly<Record<RunEvent["type"], boolean>> = {
  run: false,
  compiled: false,
  step: true,
  workers: false,
  samples: true,
  checkpoint: false,
  evaluation: true,
  control: false,
  warning: false,
};

/** How often `look` is called; a longer pause between two calls is this process's own, and no node's delay. */
export const LOOK_EVERY_MS = 1000;
const LONGEST_LOOK_MS = 2 * LOOK_EVERY_MS;
/** A run stalls when it does nothing for so many times what a step takes, and never before half a minute. */
const FACTOR = 10;
const LEAST_MS = 30_000;
/** What a step takes is not known before the first: on a large network it may well be a minute. */
const FIRST_MS = 120_000;
/** Steps whose median is what one takes, with the pictures and evaluations between them. */
const STEPS_KEPT = 31;
/** After so long without any node, which is warned of elsewhere, the quiet time starts anew. */
const ABSENT_MS = 15_000;

export class StallDetector {
  readonly #options: StallDetectorOptions;
  /** Newest last, in milliseconds. */
  readonly #steps: number[] = [];
  #lookedAt: number;
  #accepted = 0;
  /** All in milliseconds of time that counted. */
  #sinceStep = 0;
  #quiet = 0;
  #absent = 0;
  /** Since the last call of `look`: nodes that join and leave again at once count as present. */
  #wasReady = false;
  /** The last warning came when the quiet time was so many times the limit; 0 while the run makes progress. */
  #warned = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: StallDetectorOptions) {
    this.#options = options;
    this.#lookedAt = options.now();
  }

  /** Training begins now. */
  start(): void {
    this.#lookedAt = this.#options.now();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Nodes have joined, become ready, or left. */
  nodesChanged(): void {
    if (this.#options.members.ready().length > 0) this.#wasReady = true;
  }

  /** To be called with every event of the training, before it is published. */
  observe({ type }: RunEvent): void {
    if (!IS_PROGRESS[type]) return;
    this.#passTime();
    this.#progressed();
    if (type !== "step") return;
    this.#steps.push(this.#sinceStep);
    if (this.#steps.length > STEPS_KEPT) this.#steps.shift();
    this.#sinceStep = 0;
  }

  /** The coordinator itself has computed a piece of an evaluation. */
  measured(): void {
    this.#passTime();
    this.#progressed();
  }

  look(): void {
    const { leases, warn, changed } = this.#options;
    this.#passTime();
    if (leases.counts.accepted !== this.#accepted) {
      this.#accepted = leases.counts.accepted;
      this.#progressed();
    }
    const due = this.#limitMs() * (this.#warned === 0 ? 1 : 2 * this.#warned);
    if (this.#quiet < due) return;
    const missing = missingWork(leases.out(), this.#options.phases);
    if (this.#warned === 0) changed(missing.short);
    this.#warned = Math.max(1, 2 * this.#warned);
    warn("STALLED", `no progress for ${secondsText(this.#quiet)}, ${this.#usually()}: ${missing.whole}`);
  }

  #passTime(): void {
    const at = this.#options.now();
    const passed = Math.min(at - this.#lookedAt, LONGEST_LOOK_MS);
    this.#lookedAt = at;
    if (this.#wasReady || this.#options.members.ready().length > 0) {
      this.#absent = 0;
      this.#quiet += passed;
      this.#sinceStep += passed;
    } else {
      this.#absent += passed;
      if (this.#absent >= ABSENT_MS && this.#warned === 0) this.#quiet = 0;
    }
    this.#wasReady = false;
  }

  #progressed(): void {
    this.#quiet = 0;
    if (this.#warned === 0) return;
    this.#warned = 0;
    this.#options.changed(null);
  }

  #limitMs(): number {
    const usual = this.#usualMs();
    return usual === null ? FIRST_MS : Math.max(LEAST_MS, FACTOR * usual);
  }

  #usualMs(): number | null {
    return this.#steps.toSorted((a, b) => a - b)[Math.floor((this.#steps.length - 1) / 2)] ?? null;
  }

  #usually(): string {
    const usual = this.#usualMs();
    return usual === null ? "and no step is done yet" : `where a step takes ${secondsText(usual)}`;
  }
}
