// An extractor: what makes features, and where it has them class probabilities, of images. As data, so that it travels.
import { z } from "zod";

const name = z.string().min(1).max(200);
const count = z.int().positive();
const perChannel = z.array(z.number()).min(1).max(4);

/**
 * How images become its input, and which of its outputs is what.
 *
 *   input = (resize(pixel) − mean) / std      pixel 0 … 255, per channel; float32 [B, H, W, C], or [B, C, H, W]
 */
export const extractorSchema = z.strictObject({
  /** As results name it. */
  name,
  /** A program of this project, or a model that ONNX Runtime runs. */
  kind: z.literal(["program", "onnx"]),
  /** SHA-256 of the encoded program, or of the model's file. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Images at a time. */
  batch: count.max(4096),
  /** [height, width] that images are resized to; null: it takes them at the size they have. */
  size: z.tuple([count.max(8192), count.max(8192)]).nullable(),
  channels: z.literal([1, 3]),
  layout: z.literal(["nhwc", "nchw"]),
  /** Of 0 … 255, by channel. */
  mean: perChannel,
  std: perChannel,
  input: name,
  features: name,
  /** Null where it has no classes. */
  probabilities: name.nullable(),
  /** Whether that output is logits, of which softmax makes probabilities. */
  isLogits: z.boolean(),
  /** F. */
  featureCount: count.max(65_536),
  /** K; 0 where it has no classes. */
  classCount: z.int().nonnegative().max(65_536),
});
export type ExtractorSpec = z.infer<typeof extractorSchema>;

/** An extractor with its program or model. */
export interface Extractor {
  readonly spec: ExtractorSpec;
  /** The encoded program, or the model's file. */
  readonly bytes: Uint8Array;
}

/** Numbers that an extractor makes of one image: its features, then its class probabilities. */
export function rowLength({ featureCount, classCount }: ExtractorSpec): number {
  return featureCount + classCount;
}

/**
 * Images that one thread computes as a piece: whole batches of the generator, enough of them to fill one of the extractor.
 * Leases and threads cut the work at its multiples, so that every image is computed in the same batch whoever computes it.
 */
export function pieceImages({ batch }: ExtractorSpec, generatorBatch: number): number {
  return generatorBatch * Math.ceil(batch / generatorBatch);
}

/** How images are resized for an extractor, as results say it. */
export const RESIZER = "bicubic with anti-aliasing, float32, clipped, not quantized (as clean-fid)";
