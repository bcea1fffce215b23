// The safetensors file format: named tensors that any framework can open, and nothing in it executes.
//
//   u64 little-endian: length of the header | header, JSON, padded with spaces to 8 bytes | the tensors, back to back
//
// https://huggingface.co/docs/safetensors/index#format
import { createHash } from "node:crypto";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../shared/errors.ts";

/** `data` is flat, row-major, and has the product of `shape` values. */
export type Tensor = { readonly shape: readonly number[] } & (
  | { readonly dtype: "F32"; readonly data: Float32Array }
  | { readonly dtype: "I32"; readonly data: Int32Array }
  | { readonly dtype: "I64"; readonly data: BigInt64Array }
  | { readonly dtype: "U8"; readonly data: Uint8Array }
);

export interface Safetensors {
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a file. The same content gives the same bytes: tensors lie by falling alignment, then by name, so that
 * each is aligned; metadata by name. The tensors are copied.
 *
 * @throws RangeError when a shape does not fit its data
 */
export function encodeSafetensors({ tensors, metadata }: Safetensors): Uint8Array {
  const header: Record<string, unknown> = { __metadata__: sortedByName(metadata) };
  const sorted = inFileOrder(tensors);
  let end = 0;
  for (const [name, tensor] of sorted) {
    const { dtype, shape, data } = tensor;
    if (sizeOf(shape) !== data.length || name === "__metadata__") {
      throw new RangeError(`tensor ${name} of shape [${shape.join(", ")}] has ${data.length} values`);
    }
    header[name] = { dtype, shape, data_offsets: [end, end + data.byteLength] };
    end += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const start = PREFIX + Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(start + end).fill(SPACE, PREFIX, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - PREFIX), true);
  bytes.set(json, PREFIX);
  let at = start;
  for (const [, { data }] of sorted) {
    bytes.set(bytesOf(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a file that may be damaged or hostile: every length and offset is checked before it is used, and every byte
 * belongs to exactly one tensor. The tensors are copies.
 *
 * @throws GanglionError CHECKPOINT when the file is damaged, naming `file`
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): Safetensors {
  const damaged = (what: string, cause?: unknown): GanglionError =>
    new GanglionError("CHECKPOINT", `${file} is not a whole safetensors file: ${what}; use another file`, {
      cause,
    });

  if (bytes.length < PREFIX)
    throw damaged(`it has ${bytes.length} bytes, fewer than the ${PREFIX} of a length`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER)
    throw damaged(`its header claims ${length} bytes, over the limit of ${MAX_HEADER}`);
  const start = PREFIX + Number(length);
  if (start > bytes.length) throw damaged(`its header claims ${length} bytes, the file has ${bytes.length}`);

  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(PREFIX, start)));
  } catch (error) {
    throw damaged(`its header is no JSON (${messageOf(error)})`, error);
  }
  const result = headerSchema.safeParse(json);
  if (!result.success) {
    const { path, message } = result.error.issues[0];
    throw damaged(`its header is wrong at ${path.join(".") || "the top"} (${message})`);
  }

  const { __metadata__: metadata = {}, ...entries } = result.data;
  const body = new Uint8Array(bytes.buffer, bytes.byteOffset + start, bytes.length - start); // a Buffer's slice is no copy
  const tensors = new Map<string, Tensor>();
  let end = 0;
  for (const [name, entry] of Object.entries(entries).sort(byOffsets)) {
    const [from, to] = entry.data_offsets;
    if (from !== end || to < from)
      throw damaged(`tensor ${name} lies at ${from} … ${to}, expected at ${end}`);
    if (to > body.length) throw damaged(`tensor ${name} ends at ${to}, the data at ${body.length}`);
    const alignment = alignmentOf(entry.dtype);
    if (sizeOf(entry.shape) * alignment !== to - from) {
      throw damaged(`tensor ${name} is ${entry.dtype} [${entry.shape.join(", ")}] in ${to - from} bytes`);
    }
    tensors.set(name, tensorOf(entry, body.slice(from, to).buffer));
    end = to;
  }
  if (end !== body.length) throw damaged(`${body.length - end} bytes follow the last tensor`);
  return { tensors, metadata };
}

/**
 * SHA-256, hex, over metadata, names, types, shapes and values, whatever order they are given in. Kept in the metadata
 * (and left out when it is computed again) it tells a damaged file from a whole one.
 */
export function contentHash({ tensors, metadata }: Safetensors): string {
  const sorted = inFileOrder(tensors);
  const names = sorted.map(([name, { dtype, shape }]) => [name, dtype, shape]);
  const hash = createHash("sha256").update(JSON.stringify([sortedByName(metadata), names]));
  for (const [, { data }] of sorted) hash.update(bytesOf(data));
  return hash.digest("hex");
}

const PREFIX = 8;
const SPACE = 0x20;
/** The limit of the reference implementation. */
const MAX_HEADER = 100_000_000;

const dtypeSchema = z.enum(["F32", "I32", "I64", "U8"]);
const count = z.int().nonnegative();
const entrySchema = z.object({
  dtype: dtypeSchema,
  shape: z.array(count),
  data_offsets: z.tuple([count, count]),
});
type Entry = z.infer<typeof entrySchema>;
const headerSchema = z
  .object({ __metadata__: z.record(z.string(), z.string()).optional() })
  .catchall(entrySchema);

function tensorOf({ dtype, shape }: Entry, buffer: ArrayBufferLike): Tensor {
  switch (dtype) {
    case "F32":
      return { dtype, shape, data: new Float32Array(buffer) };
    case "I32":
      return { dtype, shape, data: new Int32Array(buffer) };
    case "I64":
      return { dtype, shape, data: new BigInt64Array(buffer) };
    case "U8":
      return { dtype, shape, data: new Uint8Array(buffer) };
    default:
      throw dtype satisfies never;
  }
}

function alignmentOf(dtype: Tensor["dtype"]): number {
  return { F32: 4, I32: 4, I64: 8, U8: 1 }[dtype];
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

function bytesOf(data: Tensor["data"]): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function inFileOrder(tensors: Safetensors["tensors"]): [string, Tensor][] {
  return [...tensors].sort(
    ([nameA, a], [nameB, b]) => alignmentOf(b.dtype) - alignmentOf(a.dtype) || byName(nameA, nameB),
  );
}

function sortedByName(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => byName(a, b)));
}

function byOffsets([, a]: [string, Entry], [, b]: [string, Entry]): number {
  return a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
}

/** Code unit order: the same on every machine. */
function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
