// What is done to the images of a data set before training: part of a run's config, since it decides the weights.
import { z } from "zod";
import { CHANNELS, FITS } from "./image-choices.ts";

const side = z.int().min(1).max(8192);

/** A single side is that of a square. */
const imageSize = z.preprocess(
  (given) => (typeof given === "number" ? [given, given] : given),
  z.tuple([side, side], "write a side such as 64, or [height, width] such as [64, 48]").nullable(),
);

export const imageOptionsSchema = z.strictObject({
  size: imageSize
    .default(null)
    .describe("[height, width] that images are resized to; null: as they are, which must be all of one size"),
  fit: z
    .enum(FITS)
    .default("cover")
    .describe(
      "what happens to another ratio of sides: cover cuts off what is beyond it, from the middle; contain leaves borders of the background; stretch distorts",
    ),
  background: z
    .string()
    .regex(/^#[0-9a-f]{6}$/, "write a colour as #rrggbb in small letters, such as #ffffff")
    .default("#ffffff")
    .describe("the colour behind transparent pixels and in borders"),
  channels: z
    .literal([...CHANNELS])
    .nullable()
    .default(null)
    .describe("1 grey, 3 colour, 4 colour with alpha; null: 3 where any picture has colour, else 1"),
  flip: z
    .boolean()
    .default(false)
    .describe("each image also mirrored left to right: an epoch has twice as many samples"),
  skipBad: z.boolean().default(false).describe("go on without pictures that cannot be read"),
});

export type ImageOptions = z.infer<typeof imageOptionsSchema>;

/** Images as they are. */
export const AS_THEY_ARE: ImageOptions = imageOptionsSchema.parse({});

/** N, or 2 N with the mirrored images: the samples of an epoch. */
export function samplesOf(images: Pick<ImageOptions, "flip">, count: number): number {
  return images.flip ? 2 * count : count;
}
