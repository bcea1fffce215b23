// A data set as one stream of bytes, for nodes that do not have it: read back only where the fingerprint agrees.
//
//   "GANGDATA" · header length, u32 little-endian · header, JSON · images [N, H, W, C] · labels [N], where there are any
//
// `classes` in the header is not believed: what occurs among the labels decides. Labels that are not 0 … C - 1 have
// their width in the header, which keeps programs that take labels for class numbers from reading them.
import { open } from "node:fs/promises";
import { z } from "zod";
import { GanglionError } from "../errors.ts";
import type { Dataset, Labels } from "./dataset.ts";
import { startFingerprint } from "./fingerprint.ts";
import { areClassNumbers, classLabelsOf } from "./labels.ts";

/** What carries data sets to nodes; fetches by fingerprint. Throws GanglionError DATA where there is no such one. */
export type FetchData = (fingerprint: string) => AsyncIterable<Uint8Array>;

/** The bytes, in pieces that are views of the data set where they are large. */
export function* packDataset(dataset: Dataset): Generator<Uint8Array> {
  const { name, count, imageShape, classes, classLabels, images, labels } = dataset;
  const header = Buffer.from(
    JSON.stringify({
      name,
      count,
      imageShape,
      classes,
      labelled: labels !== null,
      ...(labels && !areClassNumbers(classLabels) && { labelBytes: labels.BYTES_PER_ELEMENT }),
    }),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  yield Buffer.concat([Buffer.from(MAGIC), length, header]);
  for (let at = 0; at < images.length; at += PIECE_BYTES) yield images.subarray(at, at + PIECE_BYTES);
  if (labels) yield bytesOf(labels);
}

export function packedSizeBytes(dataset: Dataset): number {
  const [head] = packDataset(dataset);
  return head.length + dataset.images.length + (dataset.labels?.byteLength ?? 0);
}

/**
 * Reads a packed data set into shared memory.
 *
 * @throws GanglionError DATA when the file is damaged, or is not the data set of this fingerprint
 */
export async function readPackedDataset(file: string, fingerprint: string): Promise<Dataset> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const start = await readExactly(file, handle, Buffer.alloc(MAGIC.length + 4), 0);
    const headerBytes = start.readUInt32LE(MAGIC.length);
    if (start.toString("latin1", 0, MAGIC.length) !== MAGIC || headerBytes > MAX_HEADER_BYTES)
      throw damaged(file, "it does not begin like one");
    const text = await readExactly(file, handle, Buffer.alloc(headerBytes), start.length);
    const { name, count, imageShape, labelled, labelBytes } = parseHeader(file, text);
    const imageBytes = count * imageShape.reduce((product, dimension) => product * dimension, 1);
    const at = start.length + headerBytes;
    if (size !== at + imageBytes + (labelled ? count * labelBytes : 0))
      throw damaged(file, `it has ${size} bytes`);
    const images = new Uint8Array(new SharedArrayBuffer(imageBytes)); // [N, H, W, C]
    const labels = labelled ? emptyLabels(count, labelBytes) : null; // [N]
    const hash = startFingerprint(count, imageShape, labelled);
    for (let done = 0; done < imageBytes; done += PIECE_BYTES) {
      const piece = images.subarray(done, done + PIECE_BYTES);
      hash.update(await readExactly(file, handle, piece, at + done));
    }
    if (labels) hash.update(await readExactly(file, handle, bytesOf(labels), at + imageBytes));
    const found = hash.digest("hex");
    if (found !== fingerprint) throw damaged(file, `its fingerprint is ${found.slice(0, 12)}…`);
    const classLabels = classLabelsOf(labels);
    const classes = classLabels.length;
    return { name, count, imageShape, classes, classLabels, images, labels, warnings: [], fingerprint };
  } finally {
    await handle.close();
  }
}

const MAGIC = "GANGDATA";
const MAX_HEADER_BYTES = 65_536;
const PIECE_BYTES = 1024 * 1024;

const size = z.int().positive();
const headerSchema = z.strictObject({
  name: z.string().max(1000),
  count: size,
  imageShape: z.tuple([size, size, size]),
  classes: z.int().nonnegative(),
  labelled: z.boolean(),
  labelBytes: z.literal([1, 4]).default(1),
});

function emptyLabels(count: number, labelBytes: 1 | 4): Labels {
  const memory = new SharedArrayBuffer(count * labelBytes);
  return labelBytes === 1 ? new Uint8Array(memory) : new Int32Array(memory);
}

function bytesOf({ buffer, byteOffset, byteLength }: Labels): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function parseHeader(file: string, text: Uint8Array): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(Buffer.from(text).toString()));
  } catch (cause) {
    throw damaged(file, "its header says nothing that fits", cause);
  }
}

async function readExactly<Target extends Uint8Array>(
  file: string,
  handle: Awaited<ReturnType<typeof open>>,
  target: Target,
  position: number,
): Promise<Target> {
  for (let done = 0; done < target.length;) {
    const { bytesRead } = await handle.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw damaged(file, "it ends too soon");
    done += bytesRead;
  }
  return target;
}

function damaged(file: string, what: string, cause?: unknown): GanglionError {
  return new GanglionError("DATA", `${file} is not the packed data set it should be: ${what}; remove it`, {
    cause,
  });
}
