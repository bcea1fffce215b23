// What the preset `dcgan` takes from the data: rate, batch, shard, filters and length, by the images' size and number.
import type { RunConfigInput } from "./config.ts";

/** What of a data set decides defaults. */
export interface DataFacts {
  /** [H, W, C] */
  readonly imageShape: readonly [number, number, number];
  /** N, mirrored images counted as others. */
  readonly count: number;
}

/** Defaults for images whose longer side is at most `side` pixels. */
interface Row {
  readonly side: number;
  readonly filters: number;
  readonly batch: number;
  readonly learningRate: number;
}

const ROWS: readonly [Row, ...Row[]] = [
  { side: 256, filters: 32, batch: 32, learningRate: 1e-4 },
  { side: 128, filters: 32, batch: 64, learningRate: 2e-4 },
  { side: 64, filters: 64, batch: 128, learningRate: 2e-4 },
];
const IMAGES = 1_000_000;
export const MOST_EPOCHS = 500;
/** Below, batch normalization sees little. */
export const LEAST_SHARD = 8;

/**
 * | longer side   | to 64 | to 128 | to 256 | why |
 * |---------------|-------|--------|--------|-----|
 * | filters       | 64    | 32     | 32     | the paper's 64; maps grow with the image's area, and half the channels keep a step's cost and memory in bounds |
 * | batch         | 128   | 64     | 32     | the paper's 128; a larger image takes as many times longer, and a thread's memory grows with its shard |
 * | learning rate | 2e-4  | 2e-4   | 1e-4   | the paper's, with β1 0.5; a small batch's gradient is noisier, and more stages go further with one step |
 * | latent size   | 100   | 100    | 100    | the paper's: what pictures differ in does not grow with their pixels |
 *
 * A batch is at most a quarter of the images, as a power of two: else a step sees most of the set, and its noise, which
 * keeps the discriminator from learning it by heart, is gone. A shard is half the batch, so that two threads work at
 * once, but not below 8, which is little for batch normalization: then it is the batch.
 *
 * A run has as many epochs as make 1 million images: shapes and colours are there after an eighth of them, the rest is
 * detail. It has at least one, and at most 500: further passes over a small set only teach the discriminator its images.
 */
export function dcganDefaults({ imageShape: [height, width], count }: DataFacts): {
  readonly model: RunConfigInput["model"];
  readonly batch: number;
  readonly shard: number;
  readonly optimizer: { readonly learningRate: number };
  readonly length: RunConfigInput["length"];
} {
  const row = ROWS.findLast(({ side }) => Math.max(height, width) <= side) ?? ROWS[0];
  const { filters, learningRate } = row;
  const batch = Math.min(row.batch, powerOfTwo(count / 4));
  const shard = batch / 2 >= LEAST_SHARD ? batch / 2 : batch;
  return {
    model: { kind: "preset", name: "dcgan", filters },
    batch,
    shard,
    optimizer: { learningRate },
    length: { kind: "epochs", epochs: Math.min(MOST_EPOCHS, Math.ceil(IMAGES / count)) }, // whatever the batch becomes
  };
}

/** The largest that is not above `most`; at least 1. */
export function powerOfTwo(most: number): number {
  return 2 ** Math.max(0, Math.floor(Math.log2(most)));
}
