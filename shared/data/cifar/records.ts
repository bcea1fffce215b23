// CIFAR's records: label bytes, then 1,024 red, 1,024 green and 1,024 blue bytes of an image, row by row.
import { GanglionError } from "../../errors.ts";
import { recordBytesOf } from "./names.ts";

const PLANE = 32 * 32;
/** Images in a piece. */
const PIECE = 256;

/** The pixels as [N, H, W, C], in pieces. */
export async function* imagesOf(
  content: AsyncIterable<Uint8Array>,
  labelBytes: number,
): AsyncGenerator<Uint8Array, void> {
  const size = labelBytes + 3 * PLANE;
  for await (const records of inRecords(content, size)) {
    const count = records.length / size;
    const pixels = new Uint8Array(count * 3 * PLANE); // [count, 32, 32, 3]
    for (let i = 0; i < count; i++) {
      const planes = i * size + labelBytes; // [3, 32, 32]
      const image = i * 3 * PLANE;
      for (let pixel = 0; pixel < PLANE; pixel++)
        for (let channel = 0; channel < 3; channel++)
          pixels[image + 3 * pixel + channel] = records[planes + channel * PLANE + pixel];
    }
    yield pixels;
  }
}

/** The class of each record; of CIFAR-100 the fine label, which stands second. @throws GanglionError DATA, when it is none */
export async function labelsOf(
  content: AsyncIterable<Uint8Array>,
  { classes, name, source }: { readonly classes: 10 | 100; readonly name: string; readonly source: string },
): Promise<readonly number[]> {
  const size = recordBytesOf(classes);
  const labels: number[] = [];
  for await (const records of inRecords(content, size))
    for (let at = 0; at < records.length; at += size) {
      const label = records[at + (classes === 10 ? 0 : 1)];
      if (label >= classes)
        throw new GanglionError(
          "DATA",
          `${name} in ${source} has the label ${label} at image ${labels.length}, where 0 to ${classes - 1} must stand: it is damaged, download or copy it again`,
        );
      labels.push(label);
    }
  return labels;
}

/** Whole records, many at once. A part of one at the end means that the file was changed: its size was right before. */
async function* inRecords(content: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of content) {
    pieces.push(piece);
    length += piece.length;
    if (length < size * PIECE) continue;
    const all = Buffer.concat(pieces);
    const whole = length - (length % size);
    yield all.subarray(0, whole);
    pieces = [all.subarray(whole)];
    length -= whole;
  }
  if (length % size !== 0) throw new Error("it ends inside of an image");
  if (length > 0) yield Buffer.concat(pieces);
}
