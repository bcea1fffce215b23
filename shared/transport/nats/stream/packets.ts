// The packets that carry frames over a broker which may lose, duplicate and reorder them: encode, decode, trust nothing.
//
//   offset  size  field
//   0       4     crc32 (zlib's) of everything after it, u32
//   4       1     kind, u8: 1 chunk, 2 reference, 3 goodbye, 4 broadcast, 5 status, 6 gone
//   5       1     flags of a status, u8: 1 asks, 2 missing, 4 wants
//   6       2     reserved, zero
//   8       40    five numbers, f64, whole and ≥ 0: the fields of the kind in the order below, then zeros
//   48      …     chunk, broadcast: bytes of a frame; goodbye, gone: the reason, UTF-8
//
// All numbers little-endian.
import { crc32 } from "node:zlib";
import { copyBytes } from "../../../copy-bytes.ts";
import type { Part } from "../../cut-frame.ts";

/** Place `seq` in the stream of a session. */
export type StreamPacket =
  | ({ readonly kind: "chunk"; readonly seq: number } & Part)
  /** The place of a broadcast's frame. */
  | { readonly kind: "reference"; readonly seq: number; readonly broadcast: number }
  /** The end of the stream. */
  | { readonly kind: "goodbye"; readonly seq: number; readonly reason: string };

/** Part of a frame that is sent to all nodes of the run. */
export type BroadcastPacket = { readonly kind: "broadcast"; readonly broadcast: number } & Part;

/** A sign of life, and the progress of a session in both directions. */
export interface StatusPacket {
  readonly kind: "status";
  /** How many packets of its own stream the sender has sent. */
  readonly sent: number;
  /** How many packets of the other's stream it has received without a gap. */
  readonly received: number;
  /** How many of these the other need no longer keep. */
  readonly acknowledged: number;
  /** From a node: the broadcast that it is receiving, 0 for none. From the coordinator: the last that it has sent. */
  readonly broadcast: number;
  /** From a node: how many parts of it have come without a gap. From the coordinator: how many bytes the node may have in flight. */
  readonly parts: number;
  /** Please answer with a status. */
  readonly asks: boolean;
  /** Please send again, from `received` on. */
  readonly missing: boolean;
  /** Please send the broadcast again, from `parts` on. */
  readonly wants: boolean;
}

/** There is no such session, or no longer. */
export interface GonePacket {
  readonly kind: "gone";
  readonly reason: string;
}

export type Packet = StreamPacket | BroadcastPacket | StatusPacket | GonePacket;

/** Why bytes are not a packet; a closed set, to be counted. */
export type PacketFault = "packet" | "packet-checksum";

export const PACKET_HEAD_BYTES = 48;

/** The packet as bytes, in `memory` if given. What it was made from may change afterwards. */
export function encodePacket(packet: Packet, memory?: Buffer): Uint8Array {
  const tail = tailOf(packet);
  const sizeBytes = PACKET_HEAD_BYTES + tail.length;
  const bytes = (memory ?? Buffer.allocUnsafe(sizeBytes)).subarray(0, sizeBytes);
  bytes.fill(0, 0, PACKET_HEAD_BYTES);
  bytes.writeUInt8(KINDS.indexOf(packet.kind), 4);
  if (packet.kind === "status")
    bytes.writeUInt8(Number(packet.asks) + 2 * Number(packet.missing) + 4 * Number(packet.wants), 5);
  numbersOf(packet).forEach((number, i) => bytes.writeDoubleLE(number, 8 + 8 * i));
  copyBytes(bytes, tail, PACKET_HEAD_BYTES);
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0);
  return bytes;
}

/** Never throws. The bytes of a part are a view into `bytes`. */
export function decodePacket(bytes: Uint8Array): Packet | PacketFault {
  if (bytes.length < PACKET_HEAD_BYTES) return "packet";
  const packet = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (crc32(packet.subarray(4)) !== packet.readUInt32LE(0)) return "packet-checksum";
  const numbers = [8, 16, 24, 32, 40].map((offset) => packet.readDoubleLE(offset));
  if (!numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) return "packet";
  const [a, b, c, d, e] = numbers;
  const tail = packet.subarray(PACKET_HEAD_BYTES);
  const kind = KINDS[packet[4]];
  switch (kind) {
    case "chunk":
      return b < c && tail.length > 0 ? { kind, seq: a, index: b, count: c, bytes: tail } : "packet";
    case "reference":
      return { kind, seq: a, broadcast: b };
    case "goodbye":
      return { kind, seq: a, reason: tail.toString("utf8", 0, MAX_REASON_BYTES) };
    case "broadcast":
      return b < c && tail.length > 0 ? { kind, broadcast: a, index: b, count: c, bytes: tail } : "packet";
    case "status": {
      const [asks, missing, wants] = [1, 2, 4].map((bit) => (packet[5] & bit) !== 0);
      return { kind, sent: a, received: b, acknowledged: c, broadcast: d, parts: e, asks, missing, wants };
    }
    case "gone":
      return { kind, reason: tail.toString("utf8", 0, MAX_REASON_BYTES) };
    default:
      return "packet";
  }
}

const KINDS = ["none", "chunk", "reference", "goodbye", "broadcast", "status", "gone"] as const;
const MAX_REASON_BYTES = 1000;

function numbersOf(packet: Packet): number[] {
  switch (packet.kind) {
    case "chunk":
      return [packet.seq, packet.index, packet.count];
    case "reference":
      return [packet.seq, packet.broadcast];
    case "goodbye":
      return [packet.seq];
    case "broadcast":
      return [packet.broadcast, packet.index, packet.count];
    case "status":
      return [packet.sent, packet.received, packet.acknowledged, packet.broadcast, packet.parts];
    case "gone":
      return [];
    default:
      return packet satisfies never;
  }
}

function tailOf(packet: Packet): Uint8Array {
  if ("bytes" in packet) return packet.bytes;
  return "reason" in packet ? Buffer.from(packet.reason).subarray(0, MAX_REASON_BYTES) : new Uint8Array(0);
}
