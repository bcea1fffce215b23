// Requests to a run that goes on: they wait until two steps, are done in their order, and each is answered once.
import { isDeepStrictEqual } from "node:util";
import type { RunConfig } from "../../shared/config/config.ts";
import { RateLimit } from "./rate-limit.ts";
import type { Acknowledgement, Answered, ControlRequest } from "./requests.ts";

/** A request, and what becomes of it. */
export interface Asked {
  readonly request: ControlRequest;
  /** Where it came from, in words: `this machine`, `192.0.2.7`. */
  readonly from: string;
  /** Done, after `step` steps. */
  apply(step: number, said?: readonly string[]): void;
  refuse(step: number, reason: string, command?: string): void;
}

export interface SteeringOptions {
  /** Hears each answer, once: it is written down and shown. */
  readonly heard: (answer: Answered, request: ControlRequest, from: string) => void;
  /** Milliseconds. */
  readonly now?: () => number;
}

/** Answers that are remembered by their ids. */
const REMEMBERED = 1000;
/** Requests that wait; more are refused. */
const MOST_WAITING = 32;
/** New requests: so many at once, and then so many a second. */
const BURST = 20;
const PER_SECOND = 2;

interface Known {
  readonly request: ControlRequest;
  readonly answer: Promise<Answered>;
}

/** Of one run, over all its segments. */
export class Steering {
  readonly #options: SteeringOptions;
  readonly #rate: RateLimit;
  readonly #known = new Map<string, Known>();
  readonly #waiting: Asked[] = [];
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #config: RunConfig | null = null;
  #isPaused = false;
  #step = 0;
  readonly #open = new Set<Asked>();
  #closed: string | null = null;
  #course: Asked | null = null;

  constructor(options: SteeringOptions) {
    this.#options = options;
    this.#rate = new RateLimit({ burst: BURST, perSecond: PER_SECOND, now: options.now });
  }

  /** Aborts when the run is asked to stop. */
  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** No step is made until it is resumed. */
  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Of the present segment; null before the first. */
  get config(): RunConfig | null {
    return this.#config;
  }

  inEffect(config: RunConfig): void {
    this.#config = config;
  }

  get isOver(): boolean {
    return this.#closed !== null;
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#open.size;
  }

  get step(): number {
    return this.#step;
  }

  /**
   * Resolves with the answer, which may take as long as a step does. A request that was made before, by its id, gets the
   * answer of that one. Never rejects.
   */
  submit(request: ControlRequest, from: string): Promise<Answered> {
    const known = this.#known.get(request.id);
    if (known && isDeepStrictEqual(known.request, request)) return known.answer;
    const refusal = known
      ? `the id ${request.id} is that of another request: give each its own`
      : this.#refusal();
    if (refusal !== null) return Promise.resolve(this.#refused(request, refusal));
    const answer = new Promise<Answered>((resolve) => {
      const asked = askedOf(request, from, (settled) => {
        if (!this.#open.delete(asked)) return; // it was refused when the run ended
        resolve(settled);
        this.#options.heard(settled, request, from);
      });
      this.#open.add(asked);
      if (request.action === "stop") this.#stopNow(asked);
      else this.#waiting.push(asked);
    });
    this.#remember(request, answer);
    for (const listener of this.#listeners) listener();
    return answer;
  }

  /** The answer so far of a request that waits. */
  pendingOf({ id, action }: ControlRequest): Acknowledgement {
    return { id, action, outcome: "pending", step: this.#step };
  }

  /** The next request, after `step` steps; null where none waits. */
  next(step: number): Asked | null {
    this.#step = step;
    return this.#waiting.shift() ?? null;
  }

  /** Resolves with the next request, or when a signal aborts. */
  async arrival(...signals: readonly AbortSignal[]): Promise<void> {
    if (this.#waiting.length > 0 || signals.some(({ aborted }) => aborted)) return;
    const heard = new AbortController();
    await new Promise<void>((resolve) => {
      const listener = (): void => resolve();
      this.#listeners.add(listener);
      for (const signal of signals) signal.addEventListener("abort", listener, { signal: heard.signal });
      heard.signal.addEventListener("abort", () => this.#listeners.delete(listener));
    });
    heard.abort();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
  }

  /** The run's course changes with this request: it is for the next segment to make, and to answer. */
  changeCourse(asked: Asked): void {
    this.#course = asked;
  }

  takeCourse(): Asked | null {
    const asked = this.#course;
    this.#course = null;
    return asked;
  }

  /** The run is over: what is not answered yet is refused. */
  close(reason: string): void {
    this.#closed ??= reason;
    this.#waiting.length = 0;
    for (const asked of this.#open) asked.refuse(this.#step, reason);
  }

  #stopNow(asked: Asked): void {
    const isFirst = !this.#stop.signal.aborted;
    this.#stop.abort();
    asked.apply(this.#step, [
      isFirst ? "the run stops after the present step, with a checkpoint" : "the run was stopping already",
    ]);
  }

  #refusal(): string | null {
    if (this.#closed !== null) return this.#closed;
    if (this.#waiting.length >= MOST_WAITING)
      return `${MOST_WAITING} requests wait for the end of the present step, which is the limit: ask again after it`;
    if (!this.#rate.allows())
      return `there were more than ${BURST} requests at once: ask again in a second, at most ${PER_SECOND} a second`;
    return null;
  }

  #refused({ id, action }: ControlRequest, reason: string): Answered {
    return { id, action, outcome: "refused", step: this.#step, reason };
  }

  #remember(request: ControlRequest, answer: Promise<Answered>): void {
    this.#known.set(request.id, { request, answer });
    if (this.#known.size > REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
  }
}

function askedOf(request: ControlRequest, from: string, settle: (answer: Answered) => void): Asked {
  const { id, action } = request;
  return {
    request,
    from,
    apply: (step, said = []) => settle({ id, action, outcome: "applied", step, said: [...said] }),
    refuse: (step, reason, command) =>
      settle({ id, action, outcome: "refused", step, reason, ...(command !== undefined && { command }) }),
  };
}
