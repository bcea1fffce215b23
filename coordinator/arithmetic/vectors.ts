// Whole vectors added and checked, on all threads.
import { type Arithmetic, alone } from "./loops.ts";
import { sharedDoubles } from "./shared-memory.ts";
import { type Tiles, countOf, cut } from "./tiles.ts";

/** The tiles of a length, and a sum for each. */
interface Cut {
  readonly tiles: Tiles;
  readonly sums: Float64Array;
}

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

  /** No NaN, no infinity. The squares of 1e9 of the largest float32 do not overflow a double, so only those can. */
  allFinite(vector: Float32Array): boolean {
    const { tiles, sums } = this.#cut(vector.length);
    this.#arithmetic.run({ kind: "squares", vector, scale: 1, sums }, tiles);
    return sums.every((sum) => Number.isFinite(sum));
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
