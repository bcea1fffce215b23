// What presets with residual networks take from the data: filters, batch, shard and length, by the images' size and number.
import type { RunConfigInput } from "../config.ts";
import { type DataFacts, LEAST_SHARD, MOST_EPOCHS, powerOfTwo } from "../dcgan-defaults.ts";

type NamedModel = Extract<RunConfigInput["model"], { kind: "preset" }>;

/** Defaults for images whose longer side is at most `side` pixels. */
interface Row {
  readonly side: number;
  readonly filters: number;
  readonly batch: number;
}

interface Sizes {
  readonly model: NamedModel;
  readonly batch: number;
  readonly shard: number;
  readonly length: RunConfigInput["length"];
}

/** The papers have 64 to 128 filters, on several GPUs; a quarter of the filters costs a twelfth to a sixteenth. */
const ROWS: readonly [Row, ...Row[]] = [
  { side: 256, filters: 16, batch: 16 },
  { side: 128, filters: 24, batch: 32 },
  { side: 64, filters: 32, batch: 64 },
];

/** As `dcganDefaults`: the batch at most a quarter of the images, two shards, as many epochs as make `images` images. */
export function sizeDefaults(model: NamedModel, images: number, { imageShape, count }: DataFacts): Sizes {
  const [height, width] = imageShape;
  const row = ROWS.findLast(({ side }) => Math.max(height, width) <= side) ?? ROWS[0];
  const batch = Math.min(row.batch, powerOfTwo(count / 4));
  const shard = batch / 2 >= LEAST_SHARD ? batch / 2 : batch;
  return {
    model: { ...model, filters: row.filters },
    batch,
    shard,
    length: { kind: "epochs", epochs: Math.min(MOST_EPOCHS, Math.ceil(images / count)) },
  };
}
