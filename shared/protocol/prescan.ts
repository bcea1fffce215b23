// The structural pre-scan that runs before every msgpack decode: what passes it cannot exhaust memory or smuggle types.
//
// msgpackr trusts the counts that the bytes declare: 20 bytes of nested array headers make it allocate a heap.
// The scan walks the tags with an explicit stack, allocates nothing that the bytes did not pay for, and lets
// through only what a header needs: maps with distinct string keys, arrays, strings, numbers, booleans, nil.
import { isUtf8 } from "node:buffer";

/** Most bytes of one header. */
export const MAX_HEADER_BYTES = 65_536;

/** Most maps and arrays inside one another, the top one counted. */
export const MAX_DEPTH = 16;

/** Why bytes were refused; a closed set, so that refusals can be counted by reason. */
export type PrescanFault =
  | "too-large"
  | "truncated"
  | "trailing"
  | "not-a-map"
  | "depth"
  | "count"
  | "extension"
  | "binary"
  | "integer"
  | "utf8"
  | "key"
  | "forbidden-key"
  | "duplicate-key";

export type PrescanResult = { readonly ok: true } | { readonly ok: false; readonly reason: PrescanFault };

/**
 * Checks that `bytes` are exactly one msgpack map that is safe to decode. Never throws, whatever the bytes.
 *
 * Refused: more than 64 KiB, nesting deeper than 16, counts and lengths beyond the bytes left (an element needs at
 * least 1 byte, a map entry 2), extension types and the unused tag 0xc1, bin, integers beyond ±(2^53 - 1), strings
 * that are not UTF-8 (an overlong `__proto__` is none), keys that are no strings, repeated or named like the
 * prototype, and bytes that are missing or left over.
 */
export function prescan(bytes: Uint8Array): PrescanResult {
  if (bytes.length > MAX_HEADER_BYTES) return refuse("too-large");
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length === 0) return refuse("truncated");
  if (!isMapTag(buffer[0])) return refuse("not-a-map");

  const open: Container[] = [];
  let position = 0;
  do {
    if (position >= buffer.length) return refuse("truncated");
    const token = readToken(buffer, position);
    if (token.kind === "fault") return refuse(token.reason);
    position = token.end;

    const top = open.at(-1);
    if (top) {
      const fault = top.keys && top.left % 2 === 0 ? checkKey(token, top.keys) : null;
      if (fault) return refuse(fault);
      top.left -= 1;
    }
    if (token.kind === "map" || token.kind === "array") {
      const items = token.kind === "map" ? 2 * token.count : token.count;
      if (items > buffer.length - position) return refuse("count");
      if (open.length === MAX_DEPTH) return refuse("depth");
      open.push({ left: items, keys: token.kind === "map" ? new Set() : null });
    }
    while (open.at(-1)?.left === 0) open.pop();
  } while (open.length > 0);
  return position === buffer.length ? { ok: true } : refuse("trailing");
}

/** An open map or array: how many items it still waits for (a map entry is two) and, of a map, the keys so far. */
interface Container {
  left: number;
  readonly keys: Set<string> | null;
}

/** One tag with its fixed part; `end` is where the next one starts (for containers: their first item). */
type Token =
  | { readonly kind: "map" | "array"; readonly count: number; readonly end: number }
  | { readonly kind: "string"; readonly text: Buffer; readonly end: number }
  | { readonly kind: "scalar"; readonly end: number }
  | { readonly kind: "fault"; readonly reason: PrescanFault };

/** Fixed bytes after the tags 0xca … 0xd3: float32, float64, uint8 … uint64, int8 … int64. */
const NUMBER_BYTES: readonly number[] = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

function readToken(buffer: Buffer, position: number): Token {
  const tag = buffer[position];
  const start = position + 1;
  if (tag < 0x80 || tag >= 0xe0) return { kind: "scalar", end: start };
  if (tag < 0x90) return { kind: "map", count: tag & 0x0f, end: start };
  if (tag < 0xa0) return { kind: "array", count: tag & 0x0f, end: start };
  if (tag < 0xc0) return readString(buffer, start, tag & 0x1f);
  if (tag === 0xc0 || tag === 0xc2 || tag === 0xc3) return { kind: "scalar", end: start };
  if (tag >= 0xc4 && tag <= 0xc6) return { kind: "fault", reason: "binary" };
  if (tag === 0xc1 || tag <= 0xc9 || (tag >= 0xd4 && tag <= 0xd8))
    return { kind: "fault", reason: "extension" };
  if (tag <= 0xd3) return readNumber(buffer, start, tag);

  // 0xd9 … 0xdb str 8/16/32, 0xdc 0xdd array 16/32, 0xde 0xdf map 16/32
  const width = tag === 0xd9 ? 1 : tag === 0xda || tag === 0xdc || tag === 0xde ? 2 : 4;
  if (width > buffer.length - start) return { kind: "fault", reason: "truncated" };
  const count = buffer.readUIntBE(start, width);
  if (tag <= 0xdb) return readString(buffer, start + width, count);
  return { kind: tag <= 0xdd ? "array" : "map", count, end: start + width };
}

function readString(buffer: Buffer, start: number, length: number): Token {
  if (length > buffer.length - start) return { kind: "fault", reason: "count" };
  const text = buffer.subarray(start, start + length);
  return isUtf8(text) ? { kind: "string", text, end: start + length } : { kind: "fault", reason: "utf8" };
}

function readNumber(buffer: Buffer, start: number, tag: number): Token {
  const end = start + NUMBER_BYTES[tag - 0xca];
  if (end > buffer.length) return { kind: "fault", reason: "truncated" };
  const wide =
    tag === 0xcf ? buffer.readBigUInt64BE(start) : tag === 0xd3 ? buffer.readBigInt64BE(start) : 0n;
  const magnitude = wide < 0n ? -wide : wide;
  return magnitude > BigInt(Number.MAX_SAFE_INTEGER)
    ? { kind: "fault", reason: "integer" }
    : { kind: "scalar", end };
}

/** Distinct UTF-8 bytes are distinct strings, so comparing them as latin1 is exact. */
function checkKey(token: Token, keys: Set<string>): PrescanFault | null {
  if (token.kind !== "string") return "key";
  const key = token.text.toString("latin1");
  if (FORBIDDEN_KEYS.has(key)) return "forbidden-key";
  if (keys.has(key)) return "duplicate-key";
  keys.add(key);
  return null;
}

function isMapTag(tag: number): boolean {
  return (tag >= 0x80 && tag < 0x90) || tag === 0xde || tag === 0xdf;
}

function refuse(reason: PrescanFault): PrescanResult {
  return { ok: false, reason };
}
