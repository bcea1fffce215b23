// Packets in flight: large ones reuse the memory of those that have arrived.
import { expect, test } from "vitest";
import {
  PACKET_HEAD_BYTES,
  decodePacket,
  encodePacket,
} from "../../../../../../shared/transport/nats/stream/packets.ts";
import { PacketPool } from "../../../../../../shared/transport/nats/stream/packet-pool.ts";

const LARGEST_BYTES = 64 * 1024;

function chunk(seq: number, sizeBytes: number) {
  return { kind: "chunk", seq, index: 0, count: 1, bytes: Buffer.alloc(sizeBytes, seq) } as const;
}

test("a large packet lies in the memory of a released one, and keeps nothing of it", () => {
  const pool = new PacketPool(LARGEST_BYTES);
  const first = pool.encode(chunk(1, LARGEST_BYTES - PACKET_HEAD_BYTES));
  const second = pool.encode(chunk(2, 40_000));
  expect(second.buffer).not.toBe(first.buffer);
  pool.release(first);
  const third = pool.encode(chunk(3, 40_000));
  expect(third.buffer).toBe(first.buffer);
  expect(decodePacket(third)).toEqual(chunk(3, 40_000));
  expect(decodePacket(second)).toEqual(chunk(2, 40_000));
});

test("a small packet has memory of its own, which is not kept", () => {
  const pool = new PacketPool(LARGEST_BYTES);
  const small = pool.encode(chunk(1, 100));
  expect(small).toEqual(encodePacket(chunk(1, 100)));
  pool.release(small);
  expect(pool.encode(chunk(2, 40_000)).buffer).not.toBe(small.buffer);
});
