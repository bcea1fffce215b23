// A segment of `series.bin`: a column for each series of a few thousand lines of stats.jsonl, as bytes.
//
//   offset  length  content (little-endian)
//   0       4       "GSER"
//   4       4       version of this format, u32
//   8       4       length of the directory D, u32
//   12      4       crc32 of bytes 16 … 48 and of the directory, u32
//   16      8       length of the segment, f64
//   24      8       where its lines begin in stats.jsonl, f64
//   32      8       where they end there, f64
//   40      4       crc32 of those lines, u32
//   44      4       how many they are, u32
//   48      D       directory: JSON, an entry for each column, padded with blanks to 8 bytes
//   48 + D  …       columns, f64: values [N], steps [N] unless they are evenly spaced, then buckets of `WIDTH` values each:
//                   steps [K], minima [K], maxima [K], last values [K]
//
// All of it follows from stats.jsonl, so a segment that fails a checksum is made again.
import { crc32 } from "node:zlib";
import { z } from "zod";
import { type Buckets, foldBy, singles } from "./buckets.ts";
import type { Column, Tail } from "./tail.ts";

const MAGIC = 0x52455347; // "GSER", little-endian
const VERSION = 1;
export const HEAD_BYTES = 48;
/** Values in a bucket of the summary. */
export const WIDTH = 64;
const MOST_DIRECTORY_BYTES = 4 << 20;

const entrySchema = z.object({
  name: z.string(),
  count: z.int().positive(),
  first: z.number(),
  last: z.number(),
  /** Between steps, where it is always the same; else 0. */
  stride: z.int().nonnegative(),
  /** Of the column, from the segment's begin. */
  offset: z.int().nonnegative(),
  /** crc32 of values and steps, and of the summary. */
  crc: z.int().nonnegative(),
  summaryCrc: z.int().nonnegative(),
});
export type ColumnEntry = z.infer<typeof entrySchema>;

/** Where the lines of a segment are in stats.jsonl, in bytes, and their crc32. */
export interface StatsPart {
  readonly from: number;
  readonly to: number;
  readonly crc: number;
  readonly lines: number;
}

export interface SegmentHead {
  readonly directoryBytes: number;
  readonly sizeBytes: number;
  readonly stats: StatsPart;
  readonly crc: number;
}

/** Null for what is no head of this version. */
export function decodeHead(bytes: Buffer): SegmentHead | null {
  if (bytes.length < HEAD_BYTES || bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== VERSION)
    return null;
  const directoryBytes = bytes.readUInt32LE(8);
  const sizeBytes = bytes.readDoubleLE(16);
  const [from, to] = [bytes.readDoubleLE(24), bytes.readDoubleLE(32)];
  const isWhole = [sizeBytes, from, to].every((value) => Number.isSafeInteger(value) && value >= 0);
  if (!isWhole || to < from || directoryBytes > MOST_DIRECTORY_BYTES) return null;
  if (sizeBytes < HEAD_BYTES + directoryBytes) return null;
  const stats = { from, to, crc: bytes.readUInt32LE(40), lines: bytes.readUInt32LE(44) };
  return { directoryBytes, sizeBytes, stats, crc: bytes.readUInt32LE(12) };
}

/** By name; null where head and directory are not as they were written. */
export function decodeDirectory(
  head: SegmentHead,
  headBytes: Buffer,
  directory: Buffer,
): ReadonlyMap<string, ColumnEntry> | null {
  if (crc32(directory, crc32(headBytes.subarray(16, HEAD_BYTES))) !== head.crc) return null;
  try {
    const entries = z.array(entrySchema).parse(JSON.parse(directory.toString("utf8")));
    const fits = entries.every((entry) => entry.offset + columnBytes(entry) <= head.sizeBytes);
    return fits ? new Map(entries.map((entry) => [entry.name, entry])) : null;
  } catch {
    return null; // the caller makes it again
  }
}

/** The bytes of a segment in parts, to be written one after the other; `breathe` is awaited between columns. */
export async function encodeSegment(
  tail: Tail,
  stats: StatsPart,
  breathe: () => Promise<void>,
): Promise<Buffer[]> {
  const columns: Buffer[] = [];
  const entries: ColumnEntry[] = [];
  let offset = 0; // from the first column, for now
  for (const name of tail.names) {
    const column = tail.column(name)!;
    const { entry, bytes } = encodeColumn(name, column, offset);
    entries.push(entry);
    columns.push(bytes);
    offset += bytes.length;
    await breathe();
  }
  const directory = encodeDirectory(entries);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt32LE(VERSION, 4);
  head.writeUInt32LE(directory.length, 8);
  head.writeDoubleLE(HEAD_BYTES + directory.length + offset, 16);
  head.writeDoubleLE(stats.from, 24);
  head.writeDoubleLE(stats.to, 32);
  head.writeUInt32LE(stats.crc, 40);
  head.writeUInt32LE(stats.lines, 44);
  head.writeUInt32LE(crc32(directory, crc32(head.subarray(16))), 12);
  return [head, directory, ...columns];
}

/** Bytes of values and steps, which come before those of the summary. */
export function valuesBytes({ count, stride }: ColumnEntry): number {
  return 8 * count * (stride > 0 ? 1 : 2);
}

export function summaryBytes({ count }: ColumnEntry): number {
  return 4 * 8 * Math.ceil(count / WIDTH);
}

/** Null where these are not the bytes that were written. */
export function decodeValues(entry: ColumnEntry, bytes: Buffer): Column | null {
  if (crc32(bytes) !== entry.crc) return null;
  const { count, first, stride } = entry;
  const numbers = doubles(bytes);
  const values = numbers.subarray(0, count);
  const steps = stride > 0 ? Float64Array.from({ length: count }, (_, i) => first + i * stride) : numbers.subarray(count);
  return { steps, values };
} // prettier-ignore

export function decodeSummary(entry: ColumnEntry, bytes: Buffer): Buckets | null {
  if (crc32(bytes) !== entry.summaryCrc) return null;
  const numbers = doubles(bytes);
  const length = numbers.length / 4;
  const part = (i: number): Float64Array => numbers.subarray(i * length, (i + 1) * length);
  return { steps: part(0), min: part(1), max: part(2), last: part(3) };
}

function columnBytes(entry: ColumnEntry): number {
  return valuesBytes(entry) + summaryBytes(entry);
}

function encodeColumn(name: string, { steps, values }: Column, offset: number): { readonly entry: ColumnEntry; readonly bytes: Buffer } {
  const stride = strideOf(steps);
  const summary = foldBy(WIDTH, singles(steps, values));
  const raw = stride > 0 ? [values] : [values, steps];
  const { length } = values;
  const ownBytes = Buffer.concat(raw.map(bytesOf));
  const foldedBytes = Buffer.concat([summary.steps, summary.min, summary.max, summary.last].map(bytesOf));
  const entry = { name, count: length, first: steps[0], last: steps[length - 1], stride, offset, crc: crc32(ownBytes), summaryCrc: crc32(foldedBytes) };
  return { entry, bytes: Buffer.concat([ownBytes, foldedBytes]) };
} // prettier-ignore

/** Offsets depend on its own length, which depends on their digits: it is laid out again until that stands. */
function encodeDirectory(entries: readonly ColumnEntry[]): Buffer {
  for (let length = 0; ;) {
    const shifted = entries.map((entry) => ({ ...entry, offset: HEAD_BYTES + length + entry.offset }));
    const text = JSON.stringify(shifted);
    const needed = Math.ceil(Buffer.byteLength(text) / 8) * 8;
    if (needed <= length) return Buffer.concat([Buffer.from(text), Buffer.alloc(length, " ")]).subarray(0, length);
    length = needed;
  }
} // prettier-ignore

function strideOf(steps: Float64Array): number {
  if (steps.length < 2) return 1;
  const stride = steps[1] - steps[0];
  for (let i = 2; i < steps.length; i++) if (steps[i] - steps[i - 1] !== stride) return 0;
  return stride;
}

function bytesOf(numbers: Float64Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Copied, so that they begin where an array of them may. */
function doubles(bytes: Buffer): Float64Array {
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
