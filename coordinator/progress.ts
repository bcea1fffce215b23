// How far a run is, and how fast.
import type { RunEvent } from "./dashboard/events.ts";

export type StepEvent = Omit<Extract<RunEvent, { type: "step" }>, "type">;

/** What is known of a step without what it has computed. */
export type StepProgress = Omit<StepEvent, "metrics" | "gradientNorms" | "layerGradientNorms">;

/** Speed is measured over the last so many seconds. */
const WINDOW_SECONDS = 10;
/** A step of more than the window, and so many times as long as the ones before, was a pause: no worker was there. */
const PAUSE = 10;

export class Progress {
  readonly #steps: number;
  readonly #epochSize: number;
  #startedAt = 0;
  #startPosition = 0;
  /** Milliseconds that do not count as anyone's speed. */
  #pausedMs = 0;
  /** A second one in a row is no pause but how fast the run is now. */
  #wasPaused = false;
  #secondsPerStep = Infinity;
  /** In time without pauses. */
  readonly #marks: { readonly at: number; readonly step: number; readonly position: number }[] = [];

  constructor(options: { readonly steps: number; readonly epochSize: number; readonly position: number }) {
    this.#steps = options.steps;
    this.#epochSize = options.epochSize;
    this.#startPosition = options.position;
  }

  /** Starts the clock of `seconds`; to be called when the first lease can be given. */
  start(): void {
    this.#startedAt = performance.now();
  }

  /** A pause that was asked for: it counts as nobody's time. */
  waited(milliseconds: number): void {
    this.#startedAt += milliseconds;
    this.#pausedMs += milliseconds;
  }

  step(
    { step, position }: { readonly step: number; readonly position: number },
    version: number,
  ): StepProgress {
    const at = this.#withoutPauses(performance.now());
    this.#marks.push({ at, step, position });
    while (this.#marks.length > 2 && at - this.#marks[0].at > WINDOW_SECONDS * 1000) this.#marks.shift();
    const [oldest] = this.#marks;
    const window = (at - oldest.at) / 1000 || Number.POSITIVE_INFINITY;
    const first = this.#marks.length === 1;
    const imagesPerSecond = first
      ? this.overall(position).imagesPerSecond
      : (position - oldest.position) / window;
    this.#secondsPerStep = first ? this.seconds : window / (step - oldest.step);
    return {
      step,
      version,
      images: position,
      epoch: position / this.#epochSize,
      seconds: this.seconds,
      imagesPerSecond,
      remainingSeconds: this.#secondsPerStep * (this.#steps - step),
    };
  }

  /** Where the step that ends now was a pause, it counts as one of the usual length. */
  #withoutPauses(now: number): number {
    const before = this.#marks.at(-1)?.at ?? now;
    const seconds = (now - this.#pausedMs - before) / 1000;
    const isPause = seconds > Math.max(WINDOW_SECONDS, PAUSE * this.#secondsPerStep);
    if (isPause && !this.#wasPaused) this.#pausedMs += 1000 * (seconds - this.#secondsPerStep);
    this.#wasPaused = isPause && !this.#wasPaused;
    return now - this.#pausedMs;
  }

  get seconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  /** Of this session, which may have resumed an earlier one. */
  overall(position: number): { readonly seconds: number; readonly imagesPerSecond: number } {
    const { seconds } = this;
    return { seconds, imagesPerSecond: seconds > 0 ? (position - this.#startPosition) / seconds : 0 };
  }
}
