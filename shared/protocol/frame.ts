// The frame that carries one message and its tensors on every transport: encode, decode, and why bytes are refused.
//
//   offset      size  field
//   0           4     magic, the ASCII letters "GNG1"
//   4           4     H, header length in bytes, u32, 1 … 65,536
//   8           1     body kind, u8: 0 none, 1 float32, 2 bytes
//   9           3     reserved, zero
//   12          4     B, body length in bytes, u32; 0 for kind 0, a multiple of 4 for kind 1
//   16          H     header: the message as one msgpack map (no extensions, see prescan.ts)
//   16 + H      p     padding, zero, p = (4 - H mod 4) mod 4: the body starts 4-byte aligned in the frame
//   16 + H + p  B     body: raw float32 or bytes
//   … + B       4     crc32 (zlib's) of everything before it, u32
//
// All numbers little-endian, as are the hosts that ONNX Runtime runs on. A frame is exactly this long: no more bytes.
import { crc32 } from "node:zlib";
import { Packr, Unpackr } from "msgpackr";
import { GanglionError, messageOf } from "../errors.ts";
import type { Body } from "../transport/transport.ts";
import { parseMessage, type Message } from "./messages.ts";
import { MAX_HEADER_BYTES, prescan, type PrescanFault } from "./prescan.ts";

/** Why a frame was refused; a closed set, so that refusals can be counted by reason. */
export type FrameFault =
  | "truncated"
  | "magic"
  | "header-length"
  | "body-kind"
  | "body-length"
  | "padding"
  | "length"
  | "checksum"
  | `header-${PrescanFault}`
  | "header-decode"
  | "schema";

export type DecodedFrame =
  | { readonly ok: true; readonly message: Message; readonly body: Body | null }
  /** `detail` says more for the log (at most 200 characters), e.g. which field fails the schema. */
  | { readonly ok: false; readonly reason: FrameFault; readonly detail: string };

/**
 * One message as the parts of a frame, to be written back to back: head (fixed fields, header, padding), the body
 * (a view, not copied: it must not change until the parts are written), crc.
 *
 * @throws GanglionError FRAME when the header outgrows 64 KiB, the body 4 GiB, or the message holds what no
 *   receiver accepts (an undefined field, a bigint); better told to the sender than refused at the other end.
 */
export function encodeFrame(message: Message, body?: Body): Uint8Array[] {
  const header = encodeHeader(message);
  const content = body && new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  const size = content ? content.length : 0;
  if (size > 0xffff_ffff) {
    throw new GanglionError(
      "FRAME",
      `the body of ${message.type} has ${size} bytes, a frame holds 2^32 - 1: split it`,
    );
  }
  const head = Buffer.alloc(bodyOffset(header.length));
  head.write(MAGIC, 0, "latin1");
  head.writeUInt32LE(header.length, 4);
  head.writeUInt8(body === undefined ? 0 : body instanceof Float32Array ? 1 : 2, 8);
  head.writeUInt32LE(size, 12);
  head.set(header, FIXED_BYTES);

  const parts: Uint8Array[] = content ? [head, content] : [head];
  const crc = Buffer.alloc(CRC_BYTES);
  // zlib's crc32 of no bytes is 0, whatever the sum so far.
  crc.writeUInt32LE(parts.reduce((sum, part) => (part.length > 0 ? crc32(part, sum) : sum), 0));
  return [...parts, crc];
}

/**
 * The message and body of one whole frame, or why it is refused. Never throws and never allocates more than a small
 * multiple of the frame, whatever the bytes. The body is a view into `bytes`, valid as long as they are; only a
 * float32 body that lies unaligned in memory is copied.
 */
export function decodeFrame(bytes: Uint8Array): DecodedFrame {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (frame.length < FIXED_BYTES) return refuse("truncated", `${frame.length} bytes`);
  if (frame.toString("latin1", 0, 4) !== MAGIC) return refuse("magic");
  const headerLength = frame.readUInt32LE(4);
  const kind = frame[8];
  const bodyLength = frame.readUInt32LE(12);
  if (headerLength === 0 || headerLength > MAX_HEADER_BYTES)
    return refuse("header-length", String(headerLength));
  if (kind > 2) return refuse("body-kind", String(kind));
  if ((kind === 0 && bodyLength !== 0) || (kind === 1 && bodyLength % 4 !== 0)) {
    return refuse("body-length", `${bodyLength} bytes in a body of kind ${kind}`);
  }
  const start = bodyOffset(headerLength);
  const end = start + bodyLength;
  if (frame.length !== end + CRC_BYTES) {
    return refuse("length", `${frame.length} bytes, the frame declares ${end + CRC_BYTES}`);
  }
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32LE(end)) return refuse("checksum");
  const headerEnd = FIXED_BYTES + headerLength;
  if ([...frame.subarray(9, 12), ...frame.subarray(headerEnd, start)].some((byte) => byte !== 0)) {
    return refuse("padding");
  }
  const header = decodeHeader(frame.subarray(FIXED_BYTES, headerEnd));
  if (!header.ok) return header;
  return { ok: true, message: header.message, body: viewBody(frame, kind, start, end) };
}

/** How long the frame is that begins so, as it declares; 0 where no frame does. */
export function declaredSize(beginning: Uint8Array): number {
  const { buffer, byteOffset, byteLength } = beginning;
  const fixed = Buffer.from(buffer, byteOffset, byteLength);
  if (fixed.length < FIXED_BYTES || fixed.toString("latin1", 0, 4) !== MAGIC) return 0;
  const headerLength = fixed.readUInt32LE(4);
  return headerLength > MAX_HEADER_BYTES ? 0 : bodyOffset(headerLength) + fixed.readUInt32LE(12) + CRC_BYTES;
}

/** How long the body is that follows, as the beginning of a frame declares; 0 where no frame begins so. */
export function declaredBody(beginning: Uint8Array): number {
  if (declaredSize(beginning) === 0) return 0;
  return Buffer.from(beginning.buffer, beginning.byteOffset, beginning.byteLength).readUInt32LE(12);
}

/** How long a frame may be whose body has at most so many bytes. */
export function mostFrameBytes(bodyBytes: number): number {
  return bodyOffset(MAX_HEADER_BYTES) + bodyBytes + CRC_BYTES;
}

const MAGIC = "GNG1";
const FIXED_BYTES = 16;
const CRC_BYTES = 4;

// Plain msgpack only: no records, no shared structures, no bundled strings. What could still be an extension
// (undefined, dates, bigints) is caught by scanning what was packed.
const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: "number" });

function encodeHeader(message: Message): Uint8Array {
  const header = packr.pack(message);
  if (header.length > MAX_HEADER_BYTES) {
    throw new GanglionError(
      "FRAME",
      `the header of ${message.type} has ${header.length} bytes, a frame allows ${MAX_HEADER_BYTES}: send it as a body`,
    );
  }
  const scan = prescan(header);
  if (!scan.ok) {
    throw new GanglionError(
      "FRAME",
      `the message ${message.type} holds a value that no receiver accepts (${scan.reason}): ` +
        "use only strings, finite numbers, booleans, null, arrays and plain objects",
    );
  }
  return header;
}

function decodeHeader(header: Buffer): DecodedFrame {
  const scan = prescan(header);
  if (!scan.ok) return refuse(`header-${scan.reason}`);
  let value: unknown;
  try {
    // A copy: msgpackr's native part reads long strings beyond memory that can grow, and takes the process with it.
    value = unpackr.unpack(Buffer.from(header));
  } catch (error) {
    return refuse("header-decode", messageOf(error));
  }
  const parsed = parseMessage(value);
  return parsed.ok ? { ok: true, message: parsed.message, body: null } : refuse("schema", parsed.reason);
}

function viewBody(frame: Buffer, kind: number, start: number, end: number): Body | null {
  if (kind === 0) return null;
  const offset = frame.byteOffset + start;
  const length = end - start;
  if (kind === 2) return new Uint8Array(frame.buffer, offset, length);
  if (offset % 4 === 0) return new Float32Array(frame.buffer, offset, length / 4);
  return new Float32Array(new Uint8Array(frame.subarray(start, end)).buffer);
}

/** Where the body starts: the fixed fields and the header, rounded up to 4 bytes. */
function bodyOffset(headerLength: number): number {
  return Math.ceil((FIXED_BYTES + headerLength) / 4) * 4;
}

function refuse(reason: FrameFault, detail = ""): Extract<DecodedFrame, { ok: false }> {
  return { ok: false, reason, detail: detail.slice(0, 200) };
}
