// Packets: what is encoded comes back, what is damaged does not, frames are cut and put together again.
import { describe, expect, test } from "vitest";
import {
  PACKET_HEAD_BYTES,
  type Packet,
  cutFrame,
  decodePacket,
  encodePacket,
} from "../../../../shared/protocol/packets.ts";
import { BroadcastAssembly, FrameAssembly } from "../../../../shared/protocol/reassembly.ts";
import { stream } from "../../../../shared/random.ts";

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

test("a packet with any one bit flipped is none", () => {
  for (const packet of PACKETS) {
    const good = encodePacket(packet);
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bad = Buffer.from(good);
      bad[bit >> 3] ^= 1 << (bit & 7);
      expect(decodePacket(bad)).toBe("packet-checksum");
    }
  }
});

test("bytes that are no packet are refused, whatever they are: short, random, or with numbers that cannot be", () => {
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

describe("a frame", () => {
  const pieces = [bytes(1, 2, 3, 4, 5), bytes(), bytes(6, 7, 8, 9), bytes(10)];

  test.each([1, 2, 3, 5, 9, 10, 11])("cut into parts of %i bytes is put together again", (partBytes) => {
    const parts = cutFrame(pieces, partBytes);
    expect(parts.map(({ index }) => index)).toEqual(parts.map((_, i) => i));
    expect(parts.slice(0, -1).every((part) => part.bytes.length === partBytes)).toBe(true);
    const assembly = new FrameAssembly(10);
    const results = parts.map((part) => assembly.add({ kind: "chunk", seq: part.index, ...part }));
    expect(results.slice(0, -1).every((result) => result === null)).toBe(true);
    expect([...(results.at(-1) as Uint8Array)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("over the limit, or with a part out of its order, is refused", () => {
    const [first, second, third] = cutFrame(pieces, 4).map(
      (part) => ({ kind: "chunk", seq: 0, ...part }) as const,
    );
    const small = new FrameAssembly(7);
    expect([small.add(first), small.add(second)]).toEqual([null, "too-large"]);
    const disordered = new FrameAssembly(10);
    expect([disordered.add(first), disordered.add(third)]).toEqual([null, "chunk-order"]);
  });

  test("is a view where a part lies in one piece: 400 MB are not copied to be cut", () => {
    const [part] = cutFrame([pieces[0]], 5);
    expect(part.bytes.buffer).toBe(pieces[0].buffer);
  });
});

describe("broadcasts", () => {
  const parts = (broadcast: number) =>
    cutFrame([bytes(broadcast, 1, 2, 3, 4)], 2).map(
      (part) => ({ kind: "broadcast", broadcast, ...part }) as const,
    );

  test("are put together from parts in any order, doubled ones too", () => {
    const assembly = new BroadcastAssembly(100);
    const [a, b, c] = parts(1);
    for (const part of [c, a, a, c]) assembly.add(part);
    expect(assembly.progress).toEqual({ broadcast: 1, parts: 1 });
    expect(assembly.take(1)).toBeNull();
    assembly.add(b);
    expect([...assembly.take(1)!]).toEqual([1, 1, 2, 3, 4]);
    expect(assembly.take(1)).toBeNull(); // it is given once
  });

  test("are kept two at a time, and the one that is waited for: the rest can be asked for again", () => {
    const assembly = new BroadcastAssembly(100);
    expect(assembly.take(1)).toBeNull(); // waited for
    for (const broadcast of [1, 2, 3, 4]) for (const part of parts(broadcast)) assembly.add(part);
    expect([...assembly.take(1)!]).toEqual([1, 1, 2, 3, 4]);
    expect(assembly.take(2)).toBeNull();
    expect([...assembly.take(3)!]).toEqual([3, 1, 2, 3, 4]);
    expect([...assembly.take(4)!]).toEqual([4, 1, 2, 3, 4]);
  });

  test("over the limit are refused", () => {
    const assembly = new BroadcastAssembly(4);
    expect(parts(1).map((part) => assembly.add(part))).toEqual([true, true, false]);
  });
});

test("the head is as long as it says", () => {
  expect(encodePacket({ kind: "gone", reason: "" })).toHaveLength(PACKET_HEAD_BYTES);
});
