// Packed data sets as files: opened where they lie, or read from a stream; believed only where the fingerprint agrees.
import { type FileHandle, open } from "node:fs/promises";
import { GanglionError } from "../../errors.ts";
import { type Dataset, completeDataset, createDataset } from "../dataset.ts";
import type { Images } from "../images.ts";
import type { Labels } from "../labels.ts";
import { sharedBytes } from "../shared-memory.ts";
import {
  MAGIC,
  MAX_HEADER_BYTES,
  type PackedHeader,
  START_BYTES,
  bytesOf,
  headerSchema,
  imageBytesOf,
} from "./packed.ts";

export interface OpenPacked {
  /** Images of more bytes than this stay in the file; default: none do. */
  readonly memoryBytes?: number;
  /** Whether the content was compared with the fingerprint before, and the file is still the same. */
  readonly isVerified?: boolean;
}

/**
 * Opens a packed data set; images that are to stay in the file are read once to be compared.
 *
 * @throws GanglionError DATA when the file is damaged, or is not the data set of this fingerprint
 */
export async function openPackedDataset(
  file: string,
  fingerprint: string,
  { memoryBytes = Infinity, isVerified = false }: OpenPacked = {},
): Promise<Dataset> {
  const handle = await open(file, "r");
  try {
    const bad = (what: string, cause?: unknown): GanglionError =>
      new GanglionError("DATA", `${file} is not the packed data set it should be: ${what}; remove it`, {
        cause,
      });
    const { size } = await handle.stat();
    const source = fileSource(handle, bad);
    const { header, headBytes } = await readHeader(source);
    const imageBytes = imageBytesOf(header);
    const labelBytes = header.labelled ? header.count * header.labelBytes : 0;
    if (size !== headBytes + imageBytes + labelBytes) throw bad(`it has ${size} bytes`);
    let images: Images = { kind: "file", file, offset: headBytes };
    if (imageBytes <= memoryBytes) {
      const bytes = allocate(imageBytes, bad); // [N, H, W, C]
      await fill(bytes, source);
      images = { kind: "memory", bytes };
    }
    const labels = await readLabels(header, fileSource(handle, bad, headBytes + imageBytes));
    const content = contentOf(header, images, labels);
    return isVerified ? completeDataset(content, fingerprint) : await verified(content, fingerprint, bad);
  } finally {
    await handle.close();
  }
}

/**
 * The same from a stream, which is read to its end, into memory.
 *
 * @throws GanglionError DATA when it is damaged, too large, or not the data set of this fingerprint, and what the stream
 *   throws
 */
export async function unpackDataset(
  pieces: AsyncIterable<Uint8Array>,
  fingerprint: string,
  { memoryBytes = Infinity }: Pick<OpenPacked, "memoryBytes"> = {},
): Promise<Dataset> {
  const bad = (what: string, cause?: unknown): GanglionError =>
    new GanglionError(
      "DATA",
      `what was fetched is not the run's data: ${what}; name a copy on this machine by --data`,
      { cause },
    );
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    const source = streamSource(iterator, bad);
    const { header } = await readHeader(source);
    const imageBytes = imageBytesOf(header);
    if (imageBytes > memoryBytes) {
      throw new GanglionError(
        "DATA",
        `the run's data have ${sizeText(imageBytes)}, which can only be kept in a file here: name a folder with room in GANGLION_CACHE, or raise --data-memory`,
      );
    }
    const bytes = allocate(imageBytes, bad); // [N, H, W, C]
    await fill(bytes, source);
    const labels = await readLabels(header, source);
    if ((await source.read(Buffer.alloc(1))) > 0) throw bad("more follows after its end");
    return await verified(contentOf(header, { kind: "memory", bytes }, labels), fingerprint, bad);
  } finally {
    await iterator.return?.();
  }
}

/** `1.2 GB`, `31 MB` */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

type Bad = (what: string, cause?: unknown) => GanglionError;

/** Where packed bytes come from, one after the other. */
interface Source {
  /** Fills a beginning of the target and returns its length; 0 at the end. */
  readonly read: (target: Uint8Array) => Promise<number>;
  readonly bad: Bad;
}

function fileSource(handle: FileHandle, bad: Bad, from = 0): Source {
  let position = from;
  return {
    bad,
    async read(target) {
      const { bytesRead } = await handle.read(target, 0, target.length, position);
      position += bytesRead;
      return bytesRead;
    },
  };
}

function streamSource(iterator: AsyncIterator<Uint8Array>, bad: Bad): Source {
  let piece: Uint8Array = new Uint8Array(0);
  return {
    bad,
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
  };
}

async function readHeader(
  source: Source,
): Promise<{ readonly header: PackedHeader; readonly headBytes: number }> {
  const { bad } = source;
  const start = await fill(Buffer.alloc(START_BYTES), source);
  const length = start.readUInt32LE(MAGIC.length);
  if (start.toString("latin1", 0, MAGIC.length) !== MAGIC || length > MAX_HEADER_BYTES)
    throw bad("it does not begin like one");
  const text = await fill(Buffer.alloc(length), source);
  try {
    return { header: headerSchema.parse(JSON.parse(text.toString())), headBytes: START_BYTES + length };
  } catch (cause) {
    throw bad("its header says nothing that fits", cause);
  }
}

async function readLabels(
  { labelled, labelBytes, count }: PackedHeader,
  source: Source,
): Promise<Labels | null> {
  if (!labelled) return null;
  const { buffer } = allocate(count * labelBytes, source.bad);
  const labels = labelBytes === 1 ? new Uint8Array(buffer) : new Int32Array(buffer); // [N]
  await fill(bytesOf(labels), source);
  return labels;
}

function contentOf(
  { name, count, imageShape, classNames }: PackedHeader,
  images: Images,
  labels: Labels | null,
) {
  return { name, count, imageShape, classNames, images, labels, warnings: [] };
}

async function verified(
  content: ReturnType<typeof contentOf>,
  fingerprint: string,
  bad: Bad,
): Promise<Dataset> {
  const dataset = await createDataset(content);
  if (dataset.fingerprint === fingerprint) return dataset;
  throw bad(`its fingerprint is ${dataset.fingerprint.slice(0, 12)}…`);
}

/** Pages of it are taken as they are filled: what a header claims costs nothing yet. */
function allocate(bytes: number, bad: Bad): Uint8Array {
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

const PIECE_BYTES = 2 ** 20;
