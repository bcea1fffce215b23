// Whole vectors added and checked, on all threads.
import { type Arithmetic, alone } from "./loops.ts";
import { sharedDoubles } from "./shared-memory.ts";
import { type Tiles, countOf, cut } from "./tiles.ts";

/** The tiles of a length, and a sum for each. */
interface Cut {
  readonly tiles: Tiles;
  readonly sums: Float64Array;
}

/** `zero`: every value of it is. */
export type Judgement = "finite" | "zero" | "not finite";

/** Keeps the cut of every length that it has seen: those of a run's phases. */
export class Vectors {
  readonly #arithmetic: Arithmetic;
  readonly #cuts = new Map<number, Cut>();

  constructor(arithmetic: Arithmetic = alone) {
    this.#arithmetic = arithmetic;
  }

  /** into = into + from. RangeError if the lengths differ. */
  add(into: Float32Array, from: Float32Array): void {
    if (from.length !== into.length)
      throw new RangeError(`a vector has ${from.length} values, expected ${into.length}`);
    this.#arithmetic.run({ kind: "add", into, from }, this.#cut(into.length).tiles);
  }

  /**
   * What a vector is made of, in one pass: its squares. Those of 1e9 of the largest float32 do not overflow a double, so
   * only NaN and infinity are not finite; that of the smallest is no zero there, so only zeros (or nothing) are zero.
   */
  judge(vector: Float32Array): Judgement {
    const { tiles, sums } = this.#cut(vector.length);
    this.#arithmetic.run({ kind: "squares", vector, scale: 1, sums }, tiles);
    if (!sums.every((sum) => Number.isFinite(sum))) return "not finite";
    return sums.every((sum) => sum === 0) ? "zero" : "finite";
  }

  /** No NaN, no infinity. */
  allFinite(vector: Float32Array): boolean {
    return this.judge(vector) !== "not finite";
  }

  #cut(length: number): Cut {
    const known = this.#cuts.get(length);
    if (known) return known;
    const tiles = cut([{ offset: 0, length }]);
    const made: Cut = { tiles, sums: sharedDoubles(countOf(tiles)) };
    this.#cuts.set(length, made);
    return made;
  }
}
