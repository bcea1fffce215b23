// Packets: what is encoded comes back, what is damaged does not.
import { expect, test } from "vitest";
import {
  PACKET_HEAD_BYTES,
  type Packet,
  decodePacket,
  encodePacket,
} from "../../../../../../shared/transport/nats/stream/packets.ts";
import { stream } from "../../../../../../shared/random/random.ts";

const bytes = (...values: number[]): Buffer => Buffer.from(values);

const PACKETS: readonly Packet[] = [
  { kind: "chunk", seq: 2 ** 40, index: 3, count: 4, bytes: bytes(1, 2, 3) },
  { kind: "reference", seq: 7, broadcast: 2 ** 52 - 1 },
  { kind: "goodbye", seq: 8, reason: "the run is over: früh" },
  { kind: "broadcast", broadcast: 9, index: 0, count: 1, bytes: bytes(255) },
  { kind: "status", sent: 1, received: 2, acknowledged: 3, broadcast: 4, parts: 5, asks: true, missing: false, wants: true }, // prettier-ignore
  { kind: "status", sent: 0, received: 0, acknowledged: 0, broadcast: 0, parts: 0, asks: false, missing: true, wants: false }, // prettier-ignore
  { kind: "gone", reason: "" },
];

test.each(PACKETS)("a packet comes back as it went: %o", (packet) => {
  expect(decodePacket(encodePacket(packet))).toEqual(packet);
});

test("a packet encoded in memory that held another is the same as in memory of its own", () => {
  const memory = Buffer.alloc(4096, 0xff);
  for (const packet of PACKETS) expect(encodePacket(packet, memory)).toEqual(encodePacket(packet));
  expect(encodePacket(PACKETS[0], memory).buffer).toBe(memory.buffer);
});

test("a packet with any one bit flipped is refused", () => {
  for (const packet of PACKETS) {
    const good = encodePacket(packet);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      expect(decodePacket(bad)).toBe("packet-checksum");
    }
  }
});

test("bytes that are not a packet are refused: too short, random, or with impossible numbers", () => {
  const random = stream(1, "packets");
  for (let i = 0; i < 2000; i++) {
    const noise = Buffer.from(Array.from({ length: random.integer(120) }, () => random.integer(256)));
    expect(["packet", "packet-checksum"]).toContain(decodePacket(noise));
  }
  const impossible = [
    { kind: "chunk", seq: -1, index: 0, count: 1, bytes: bytes(1) },
    { kind: "chunk", seq: 0.5, index: 0, count: 1, bytes: bytes(1) },
    { kind: "chunk", seq: Number.NaN, index: 0, count: 1, bytes: bytes(1) },
    { kind: "chunk", seq: 0, index: 1, count: 1, bytes: bytes(1) },
    { kind: "chunk", seq: 0, index: 0, count: 1, bytes: bytes() },
    { kind: "broadcast", broadcast: 1, index: 5, count: 5, bytes: bytes(1) },
  ] as const;
  for (const packet of impossible) expect(decodePacket(encodePacket(packet))).toBe("packet");
});

test("the head is as long as it says", () => {
  expect(encodePacket({ kind: "gone", reason: "" })).toHaveLength(PACKET_HEAD_BYTES);
});
