// A data set as one file, or one stream: what nodes fetch, and what the cache keeps.
//
//   "GANGDATA" · header length, u32 little-endian · header, JSON · images [N, H, W, C] · labels [N], where there are any
//
// The header is padded with blanks to whole pages, so that its length hardly ever depends on what it says. Its classes
// are those that occur among the labels.
import { z } from "zod";
import { type Dataset, imagePieces } from "../dataset.ts";
import type { Labels } from "../labels.ts";

export const MAGIC = "GANGDATA";
/** Magic and length. */
export const START_BYTES = MAGIC.length + 4;
export const MAX_HEADER_BYTES = 2 ** 20;
const PAGE_BYTES = 4096;
const MOST_NAME = 1000;
/** Room for the largest counts, so that a header can be written before the images are counted. */
const SPARE_BYTES = 128;

export function headerOf({
  name,
  count,
  imageShape,
  classNames,
  labels,
}: Pick<Dataset, "name" | "count" | "imageShape" | "classNames" | "labels">): PackedHeader {
  const labelBytes = labels?.BYTES_PER_ELEMENT === 4 ? 4 : 1;
  return {
    name: name.slice(0, MOST_NAME),
    count,
    imageShape: [...imageShape],
    labelled: labels !== null,
    labelBytes,
    classNames,
  };
}

/** All that stands before the images. `bytes`: as long as this, which a header of the same data set gave before. */
export function encodeHeader(header: PackedHeader, bytes?: number): Buffer {
  const text = JSON.stringify(header);
  const needed = START_BYTES + Buffer.byteLength(text);
  const whole = bytes ?? Math.ceil((needed + SPARE_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  if (needed > whole) throw new RangeError(`a header of ${needed} bytes does not fit into ${whole}`);
  const encoded = Buffer.alloc(whole, " ");
  encoded.write(MAGIC, "latin1");
  encoded.writeUInt32LE(whole - START_BYTES, MAGIC.length);
  encoded.write(text, START_BYTES);
  return encoded;
}

/** The bytes, from `from` on, in pieces that are valid until the next one is taken. */
export async function* packDataset(dataset: Dataset, from = 0): AsyncGenerator<Uint8Array, void> {
  let left = from;
  const rest = (piece: Uint8Array): Uint8Array => {
    const cut = Math.min(left, piece.length);
    left -= cut;
    return piece.subarray(cut);
  };
  yield rest(encodeHeader(headerOf(dataset)));
  const images = imageBytesOf(dataset);
  const skipped = Math.min(left, images);
  left -= skipped;
  yield* imagePieces(dataset.images, images, skipped);
  if (dataset.labels) yield rest(bytesOf(dataset.labels));
}

export function packedSizeBytes(dataset: Dataset): number {
  const head = encodeHeader(headerOf(dataset)).length;
  return head + imageBytesOf(dataset) + (dataset.labels?.byteLength ?? 0);
}

/** Of all N images. */
export function imageBytesOf({ count, imageShape }: Pick<Dataset, "count" | "imageShape">): number {
  return imageShape.reduce((product, dimension) => product * dimension, count);
}

export function bytesOf({ buffer, byteOffset, byteLength }: Labels): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const size = z.int().positive();
export const headerSchema = z.strictObject({
  name: z.string().max(MOST_NAME),
  count: size,
  imageShape: z.tuple([size, size, size]),
  labelled: z.boolean(),
  labelBytes: z.literal([1, 4]),
  classNames: z.array(z.string()).readonly().nullable(),
});
/** What the header says. */
export type PackedHeader = z.infer<typeof headerSchema>;
