// The newest lines of a run's stats, a column for each of their series, in memory.
import type { StatsLine } from "../../records/stats/stats-line.ts";
import { placeOfStep } from "./buckets.ts";

/** A series with more names beside it than this is left out: a file that was not written by a run must not take all memory. */
const MOST_SERIES = 4000;
/** Values of all series together, and lines, after which the tail becomes a segment. */
const MOST_VALUES = 2 ** 20;
export const SEGMENT_LINES = 2 ** 14;

/** Values of a series by steps, ascending, each step once. */
export interface Column {
  readonly steps: Float64Array;
  readonly values: Float64Array;
}

/** When it is full follows from the lines alone, so that whoever reads a file cuts it into the same segments. */
export class Tail {
  readonly #mostLines: number;
  readonly #columns = new Map<string, GrowingColumn>();
  #values = 0;
  #lines = 0;
  #leftOut = 0;

  constructor(mostLines = SEGMENT_LINES) {
    this.#mostLines = mostLines;
  }

  /** A line for a step that was there before takes its place, and that of all steps after it: a run makes them again. */
  push(line: StatsLine): void {
    const { step } = line;
    this.#lines++;
    for (const name in line) {
      if (name === "step") continue;
      let column = this.#columns.get(name);
      if (!column) {
        if (this.#columns.size >= MOST_SERIES) {
          this.#leftOut++;
          continue;
        }
        this.#columns.set(name, (column = new GrowingColumn()));
      }
      column.push(step, line[name]);
      this.#values++;
    }
  }

  get isFull(): boolean {
    return this.#lines >= this.#mostLines || this.#values >= MOST_VALUES;
  }

  get lines(): number {
    return this.#lines;
  }

  /** Values of series beyond the most. */
  get leftOut(): number {
    return this.#leftOut;
  }

  get names(): Iterable<string> {
    return this.#columns.keys();
  }

  /** Borrowed until the next `push`. */
  column(name: string): Column | undefined {
    return this.#columns.get(name);
  }
}

class GrowingColumn implements Column {
  #steps = new Float64Array(16);
  #values = new Float64Array(16);
  #length = 0;

  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#length);
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.#length);
  }

  push(step: number, value: number): void {
    if (this.#length > 0 && step <= this.#steps[this.#length - 1])
      this.#length = placeOfStep(this.steps, step);
    if (this.#length === this.#steps.length) {
      this.#steps = grown(this.#steps);
      this.#values = grown(this.#values);
    }
    this.#steps[this.#length] = step;
    this.#values[this.#length++] = Number.isFinite(value) ? value : Number.NaN;
  }
}

function grown(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * numbers.length);
  larger.set(numbers);
  return larger;
}
