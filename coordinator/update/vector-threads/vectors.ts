// Adds and measures whole vectors, on all threads.
import type { Section } from "../../../shared/protocol/layout.ts";
import { type VectorThreads, singleThreaded } from "./loops.ts";
import { sharedDoubles } from "./shared-memory.ts";
import { type Tiles, countOf, cut } from "./tiles.ts";

/** The tiles of sections, and a sum for each. */
interface Cut {
  readonly tiles: Tiles;
  readonly sums: Float64Array;
  /** Tiles of each section. */
  readonly counts: readonly number[];
}

/** `zero`: every value of it is. */
export type Judgement = "finite" | "zero" | "not finite";

/** What a vector holds. */
export interface Measured {
  readonly judgement: Judgement;
  /** Of each part: Σ (vector · scale)², in double. */
  readonly squares: readonly number[];
}

/** Keeps the cut of every length, and of all sections, that it has seen: those of a run's phases. */
export class Vectors {
  readonly #threads: VectorThreads;
  readonly #wholes = new Map<number, readonly Section[]>();
  readonly #cuts = new WeakMap<readonly Section[], Cut>();

  constructor(threads: VectorThreads = singleThreaded) {
    this.#threads = threads;
  }

  /** into = into + from. RangeError if the lengths differ. */
  add(into: Float32Array, from: Float32Array): void {
    if (from.length !== into.length)
      throw new RangeError(`a vector has ${from.length} values, expected ${into.length}`);
    this.#threads.run([
      { loops: [{ kind: "add", into, from }], tiles: this.#cutOf(this.#whole(into.length)).tiles },
    ]);
  }

  /**
   * Judges a vector and measures its parts, sections that cover it, in one pass: its squares. Those of 1e9 of the largest float32
   * do not overflow a double, so only NaN and infinity are not finite; that of the smallest is no zero there, so only
   * zeros (or nothing) are zero.
   */
  measure(vector: Float32Array, parts: readonly Section[], scale = 1): Measured {
    const { tiles, sums, counts } = this.#cutOf(parts);
    this.#threads.run([{ loops: [{ kind: "squares", vector, scale, sums }], tiles }]);
    let tile = 0;
    const squares = counts.map((count) => {
      let sum = 0;
      for (const end = tile + count; tile < end; tile++) sum += sums[tile];
      return sum;
    });
    const isFinite = squares.every((sum) => Number.isFinite(sum));
    const isZero = squares.every((sum) => sum === 0);
    return { judgement: !isFinite ? "not finite" : isZero ? "zero" : "finite", squares };
  }

  judge(vector: Float32Array): Judgement {
    return this.measure(vector, this.#whole(vector.length)).judgement;
  }

  /** No NaN, no infinity. */
  allFinite(vector: Float32Array): boolean {
    return this.judge(vector) !== "not finite";
  }

  #whole(length: number): readonly Section[] {
    const known = this.#wholes.get(length) ?? [{ offset: 0, length }];
    this.#wholes.set(length, known);
    return known;
  }

  #cutOf(parts: readonly Section[]): Cut {
    const known = this.#cuts.get(parts);
    if (known) return known;
    const tiles = cut(parts);
    const made: Cut = {
      tiles,
      sums: sharedDoubles(countOf(tiles)),
      counts: parts.map((part) => countOf(cut([part]))),
    };
    this.#cuts.set(parts, made);
    return made;
  }
}
