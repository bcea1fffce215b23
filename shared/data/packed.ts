// A data set as one stream of bytes, for nodes that do not have it: read back only where the fingerprint agrees.
//
//   "GANGDATA" · header length, u32 little-endian · header, JSON · images [N, H, W, C] · labels [N], where there are any
//
// `classes` in the header is not believed: what occurs among the labels decides. Labels that are not 0 … C - 1 have
// their width in the header, which keeps programs that take labels for class numbers from reading them.
import { open } from "node:fs/promises";
import { z } from "zod";
import { GanglionError } from "../errors.ts";
import { type Dataset, createDataset } from "./dataset.ts";
import { type Labels, areClassNumbers } from "./labels.ts";
import { sharedBytes } from "./shared-memory.ts";

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
    const bad = (what: string, cause?: unknown): GanglionError =>
      new GanglionError("DATA", `${file} is not the packed data set it should be: ${what}; remove it`, {
        cause,
      });
    let position = 0;
    return await unpack(fingerprint, {
      bad,
      sizeBytes: size,
      async read(target) {
        const { bytesRead } = await handle.read(target, 0, target.length, position);
        position += bytesRead;
        return bytesRead;
      },
    });
  } finally {
    await handle.close();
  }
}

/**
 * The same from a stream, which is read to its end.
 *
 * @throws GanglionError DATA when it is damaged, or is not the data set of this fingerprint, and what the stream throws
 */
export async function unpackDataset(
  pieces: AsyncIterable<Uint8Array>,
  fingerprint: string,
): Promise<Dataset> {
  const bad = (what: string, cause?: unknown): GanglionError =>
    new GanglionError(
      "DATA",
      `what was fetched is not the run's data: ${what}; name a copy on this machine by --data`,
      { cause },
    );
  const iterator = pieces[Symbol.asyncIterator]();
  let piece: Uint8Array = new Uint8Array(0);
  try {
    return await unpack(fingerprint, {
      bad,
      sizeBytes: null,
      async read(target) {
        while (piece.length === 0) {
          const next = await iterator.next();
          if (next.done) return 0;
          piece = next.value;
        }
        const bytes = piece.subarray(0, target.length);
        target.set(bytes);
        piece = piece.subarray(bytes.length);
        return bytes.length;
      },
    });
  } finally {
    await iterator.return?.();
  }
}

/** Where packed bytes come from, one after the other. */
interface Source {
  /** Of all of them, where it is known before. */
  readonly sizeBytes: number | null;
  /** Fills a beginning of the target and returns its length; 0 at the end. */
  readonly read: (target: Uint8Array) => Promise<number>;
  readonly bad: (what: string, cause?: unknown) => GanglionError;
}

async function unpack(fingerprint: string, source: Source): Promise<Dataset> {
  const { bad, sizeBytes } = source;
  const start = await fill(Buffer.alloc(MAGIC.length + 4), source);
  const headerBytes = start.readUInt32LE(MAGIC.length);
  if (start.toString("latin1", 0, MAGIC.length) !== MAGIC || headerBytes > MAX_HEADER_BYTES)
    throw bad("it does not begin like one");
  const text = await fill(Buffer.alloc(headerBytes), source);
  const { name, count, imageShape, labelled, labelBytes } = parseHeader(text, bad);
  const imageBytes = count * imageShape.reduce((product, dimension) => product * dimension, 1);
  const wholeBytes = start.length + headerBytes + imageBytes + (labelled ? count * labelBytes : 0);
  if (sizeBytes !== null && sizeBytes !== wholeBytes) throw bad(`it has ${sizeBytes} bytes`);
  const images = allocate(imageBytes, bad); // [N, H, W, C]
  const labels = labelled ? emptyLabels(count, labelBytes, bad) : null; // [N]
  await fill(images, source);
  if (labels) await fill(bytesOf(labels), source);
  if ((await source.read(Buffer.alloc(1))) > 0) throw bad("more follows after its end");
  const dataset = await createDataset({ name, count, imageShape, images, labels, warnings: [] });
  if (dataset.fingerprint === fingerprint) return dataset;
  throw bad(`its fingerprint is ${dataset.fingerprint.slice(0, 12)}…`);
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

function emptyLabels(count: number, labelBytes: 1 | 4, bad: Source["bad"]): Labels {
  const { buffer } = allocate(count * labelBytes, bad);
  return labelBytes === 1 ? new Uint8Array(buffer) : new Int32Array(buffer);
}

function bytesOf({ buffer, byteOffset, byteLength }: Labels): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function parseHeader(text: Uint8Array, bad: Source["bad"]): z.infer<typeof headerSchema> {
  try {
    return headerSchema.parse(JSON.parse(Buffer.from(text).toString()));
  } catch (cause) {
    throw bad("its header says nothing that fits", cause);
  }
}

/** Pages of it are taken as they are filled: what a header claims costs nothing yet. */
function allocate(bytes: number, bad: Source["bad"]): Uint8Array {
  try {
    return sharedBytes(bytes);
  } catch (cause) {
    throw bad(`its header claims ${bytes} bytes, more than this machine can hold`, cause);
  }
}

async function fill<Target extends Uint8Array>(target: Target, { read, bad }: Source): Promise<Target> {
  for (let done = 0; done < target.length;) {
    const bytes = await read(target.subarray(done, done + PIECE_BYTES));
    if (bytes === 0) throw bad("it ends too soon");
    done += bytes;
  }
  return target;
}
