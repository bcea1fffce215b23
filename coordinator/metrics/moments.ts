// Mean and covariance of features, in float64: all that the Fréchet distance needs of a set of images.
import { type Features, checkFeatures } from "./features.ts";
import { Products, type Rows, TILE } from "./linear-algebra/products.ts";
import { Pace, type Watch } from "./pace.ts";

export interface Moments {
  /** Images they were taken over. */
  readonly count: number;
  readonly size: number;
  /** [size] */
  readonly mean: Float64Array;
  /** [size, size], symmetric, divided by count - 1 (unbiased); zero for one image. */
  readonly covariance: Float64Array;
}

/** Rows whose products are summed before they are added to the total: fixed, since it decides the rounding. */
const ROWS = 128;

/** Mean and covariance of all rows of `features`. */
export async function momentsOf(features: Features, watch?: Watch): Promise<Moments> {
  const sums = new MomentSums(features.size);
  await sums.add(features, watch);
  return sums.moments();
}

/**
 * Sums from which mean and covariance come, for sets that do not fit into memory:
 *
 *   c = mean of the first 128 rows        s = Σ (x - c)  [F]        S = Σ (x - c)(x - c)ᵀ  [F, F]
 *   mean = c + s / N                      covariance = (S - s sᵀ / N) / (N - 1)
 *
 * Rows are summed in groups of 128, counted from the first row ever added: the result depends on the rows' order alone,
 * not on how they were cut into calls of `add`. Fewer rows than features give a singular covariance, and a finite one.
 */
export class MomentSums {
  readonly #size: number;
  #count = 0;
  /** c, known with the first group. */
  #centre: Float64Array | null = null;
  readonly #sum: Float64Array;
  /** S, tiles on and below the diagonal. */
  readonly #products: Float64Array;
  /** Rows of the group that is not yet whole, transposed: [size, ROWS]. */
  readonly #group: Float64Array;
  #rows = 0;
  readonly #tiles = new Products(ROWS);

  constructor(size: number) {
    this.#size = size;
    this.#sum = new Float64Array(size);
    this.#products = new Float64Array(size * size);
    this.#group = new Float64Array(size * ROWS);
  }

  /** Adds all rows, in their order. One call at a time. @throws GanglionError ENGINE where a feature is not finite */
  async add(features: Features, watch?: Watch): Promise<void> {
    checkFeatures(features, "the images");
    const { values, count, size } = features;
    if (size !== this.#size) throw new RangeError(`features of ${size} cannot join sums of ${this.#size}`);
    const pace = new Pace(watch, count);
    for (let row = 0; row < count; row++) {
      for (let i = 0, at = row * size; i < size; i++) this.#group[i * ROWS + this.#rows] = values[at + i];
      this.#count++;
      if (++this.#rows < ROWS) continue;
      this.#centreGroup();
      for (let tile = 0; tile < size; tile += TILE) {
        this.#addTiles(tile);
        if (pace.did((ROWS * Math.min(TILE, size - tile)) / size)) await pace.rest();
      }
      this.#rows = 0;
    }
    pace.finish();
  }

  /** What the rows so far come to; more may be added afterwards. @throws RangeError where there are none */
  moments(): Moments {
    if (this.#count === 0) throw new RangeError("no image has moments: add features first");
    const whole = this.#rows === 0 ? this : this.#closed();
    const size = this.#size;
    const count = this.#count;
    const mean = Float64Array.from(whole.#sum, (sum, i) => whole.#centre![i] + sum / count);
    const covariance = new Float64Array(size * size);
    if (count === 1) return { count, size, mean, covariance };
    for (let i = 0; i < size; i++)
      for (let j = 0; j <= i; j++) {
        const product = whole.#products[i * size + j] - (whole.#sum[i] * whole.#sum[j]) / count;
        covariance[i * size + j] = product / (count - 1);
        covariance[j * size + i] = covariance[i * size + j];
      }
    return { count, size, mean, covariance };
  }

  /** A copy with the last, incomplete group added. */
  #closed(): MomentSums {
    const copy = new MomentSums(this.#size);
    copy.#count = this.#count;
    copy.#centre = this.#centre;
    copy.#sum.set(this.#sum);
    copy.#products.set(this.#products);
    copy.#group.set(this.#group);
    copy.#rows = this.#rows;
    copy.#centreGroup();
    for (let tile = 0; tile < this.#size; tile += TILE) copy.#addTiles(tile);
    return copy;
  }

  /** Takes the centre away from the group's rows, and adds them to s. */
  #centreGroup(): void {
    const rows = this.#rows;
    this.#centre ??= Float64Array.from({ length: this.#size }, (_, i) => this.#sumOf(i) / rows);
    for (let i = 0; i < this.#size; i++) {
      for (let r = i * ROWS; r < i * ROWS + rows; r++) this.#group[r] -= this.#centre[i];
      this.#sum[i] += this.#sumOf(i);
    }
  }

  #sumOf(feature: number): number {
    let sum = 0;
    for (let r = feature * ROWS; r < feature * ROWS + this.#rows; r++) sum += this.#group[r];
    return sum;
  }

  /** Adds the group's products of features `first … first + TILE - 1` with all up to them to S. */
  #addTiles(first: number): void {
    const rows = this.#tile(first);
    this.#tiles.left(rows, this.#rows);
    for (let other = 0; other <= first; other += TILE) {
      const columns = this.#tile(other);
      this.#tiles.right(columns, this.#rows);
      this.#tiles.multiply();
      for (let i = 0; i < rows.count; i++) {
        const at = (first + i) * this.#size + other;
        for (let j = 0; j < columns.count; j++) this.#products[at + j] += this.#tiles.out[i * TILE + j];
      }
    }
  }

  #tile(first: number): Rows {
    const count = Math.min(TILE, this.#size - first);
    return { values: this.#group, offset: first * ROWS, stride: ROWS, count };
  }
}
