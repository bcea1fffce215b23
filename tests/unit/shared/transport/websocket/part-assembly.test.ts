// Frames in WebSocket messages: whole ones as they are, larger ones put together in memory that is used again.
import { describe, expect, test, vi } from "vitest";
import { decodeFrame, encodeFrame } from "../../../../../shared/protocol/frame.ts";
import { FramePool, type FrameBuffer } from "../../../../../shared/transport/frame-pool.ts";
import type { Message } from "../../../../../shared/protocol/messages.ts";
import { cutFrame } from "../../../../../shared/transport/cut-frame.ts";
import { PART_BYTES, PartAssembly } from "../../../../../shared/transport/websocket/part-assembly.ts";
import type { Frame } from "../../../../../shared/transport/frame-builder.ts";
import { stream } from "../../../../../shared/random/random.ts";

const weights: Message = { type: "weights", version: 1 };
const overheadBytes = Buffer.concat(encodeFrame(weights, new Uint8Array(0))).length;

function assemblyOf(maxFrameBytes = 2 ** 24, memory = new FramePool()): PartAssembly {
  return new PartAssembly({ maxFrameBytes, memory });
}

/** A frame of so many bytes in all, as the messages that carry it. */
function partsOf(sizeBytes: number, fill = 7): Uint8Array[] {
  const frame = encodeFrame(weights, new Uint8Array(sizeBytes - overheadBytes).fill(fill));
  return cutFrame(frame, PART_BYTES).map(({ bytes }) => bytes);
}

/** What comes of the last part; those before it leave the frame open. */
function send(assembly: PartAssembly, parts: readonly Uint8Array[]): Frame {
  const results = parts.map((part) => assembly.add(part));
  expect(results.slice(0, -1).every((result) => result === null)).toBe(true);
  return results.at(-1) as Frame;
}

describe("a frame", () => {
  test("arrives whole, whatever its size, and the next after it", () => {
    const assembly = assemblyOf();
    for (const [sizeBytes, count] of [
      [overheadBytes, 1],
      [PART_BYTES - 1, 1],
      [PART_BYTES, 1],
      [PART_BYTES + 1, 2],
      [3 * PART_BYTES, 3],
      [40 * PART_BYTES + 9, 41],
      [100, 1],
    ]) {
      const parts = partsOf(sizeBytes, sizeBytes % 251);
      expect(parts).toHaveLength(count);
      const { bytes } = send(assembly, parts);
      expect(Buffer.concat(parts).equals(bytes)).toBe(true);
      expect(decodeFrame(bytes)).toMatchObject({ ok: true, message: weights });
    }
  });

  test("of several parts is decoded with the long strings of its header", () => {
    const program: Message = { type: "program", hash: "0123456789abcdef".repeat(4) };
    const frame = encodeFrame(program, new Uint8Array(3 * PART_BYTES));
    const { bytes } = send(
      assemblyOf(),
      cutFrame(frame, PART_BYTES).map((part) => part.bytes),
    );
    expect(decodeFrame(bytes)).toMatchObject({ ok: true, message: program });
  });

  test("in one part is that part, in more it lies in shared memory, which a release gives to the next", () => {
    const assembly = assemblyOf();
    const [part] = partsOf(PART_BYTES);
    expect(send(assembly, [part]).bytes).toBe(part);
    const first = send(assembly, partsOf(3 * PART_BYTES, 1));
    expect(first.bytes.buffer).toBeInstanceOf(SharedArrayBuffer);
    const second = send(assembly, partsOf(3 * PART_BYTES, 2));
    expect(second.bytes.buffer).not.toBe(first.bytes.buffer);
    first.release();
    expect(send(assembly, partsOf(3 * PART_BYTES, 3)).bytes.buffer).toBe(first.bytes.buffer);
    expect(Buffer.concat(partsOf(3 * PART_BYTES, 2)).equals(second.bytes)).toBe(true);
  });

  test("takes memory as its parts come, whatever size it declares", () => {
    const memory = new FramePool();
    const take = vi.spyOn(memory, "take");
    const [first, second] = partsOf(2 * PART_BYTES);
    Buffer.from(first.buffer, first.byteOffset).writeUInt32LE(2 ** 28, 12); // the body, as it declares
    const assembly = assemblyOf(2 ** 29, memory);
    expect(assembly.add(first)).toBeNull();
    for (let part = 1; part < 33; part++) {
      expect(assembly.add(second)).toBeNull();
      const room = take.mock.results[0].value as FrameBuffer;
      expect(room.heldBytes - (part + 1) * PART_BYTES).toBeLessThan(2 ** 18); // a step ahead of what came
    }
    expect(take).toHaveBeenCalledTimes(1); // it grows where it lies
  });
});

describe("refused is", () => {
  test("a frame over the limit, at its first part", () => {
    const limitBytes = 3 * PART_BYTES;
    expect(assemblyOf(limitBytes).add(partsOf(limitBytes + 1)[0])).toBe("too-large");
    expect(assemblyOf(limitBytes).add(partsOf(limitBytes)[0])).toBeNull();
  });

  test("a body over its own limit, by one number, in a frame of one part and of many", () => {
    const memory = new FramePool();
    for (const bodyBytes of [400, 4 * PART_BYTES]) {
      const assembly = new PartAssembly({ maxFrameBytes: 2 ** 24, maxBodyBytes: bodyBytes, memory });
      expect(assembly.add(partsOf(overheadBytes + bodyBytes + 4)[0])).toBe("too-large");
      expect(assembly.add(partsOf(overheadBytes + bodyBytes)[0])).not.toBe("too-large");
    }
  });

  test("a part of another size than is due: empty ones and single bytes, too long a last one", () => {
    const [first, middle, last] = partsOf(2 * PART_BYTES + 50);
    expect(last).toHaveLength(50);
    const wrong: Uint8Array[][] = [
      [first, new Uint8Array(0)],
      [first, middle.subarray(0, 1)],
      [first, middle.subarray(0, -1)],
      [first, last],
      [first, middle, middle],
      [first, middle, last.subarray(0, 49)],
      [first, middle, new Uint8Array(51)],
    ];
    for (const parts of wrong) {
      const assembly = assemblyOf();
      const results = parts.map((part) => assembly.add(part));
      expect(results).toEqual([...parts.slice(1).map(() => null), "part-size"]);
    }
  });

  test("by decodeFrame what is no frame, or has another length than it declares", () => {
    const reasonOf = (part: Uint8Array): string => {
      const result = decodeFrame((assemblyOf().add(part) as Frame).bytes);
      return result.ok ? "ok" : result.reason;
    };
    expect(reasonOf(new Uint8Array(0))).toBe("truncated");
    expect(reasonOf(new Uint8Array(PART_BYTES))).toBe("magic");
    expect(reasonOf(partsOf(3 * PART_BYTES)[0].subarray(0, -1))).toBe("length"); // begins a frame, but is no full part
    const padded = new Uint8Array(PART_BYTES);
    padded.set(partsOf(100)[0]);
    expect(reasonOf(padded)).toBe("length");
  });
});

test("whatever comes, nothing is thrown, and what is held is at most what was sent, and a quarter of a MiB", () => {
  const seed = 20;
  for (let round = 0; round < 300; round++) {
    const random = stream(seed, round);
    const memory = new FramePool();
    const take = vi.spyOn(memory, "take");
    const assembly = assemblyOf(2 ** 28, memory);
    let sentBytes = 0;
    for (let part = 0; part < 20; part++) {
      const sizes = [0, 1, 16, 100, PART_BYTES - 1, PART_BYTES, PART_BYTES, PART_BYTES, PART_BYTES];
      const bytes = Buffer.alloc(sizes[random.integer(sizes.length)], random.integer(256));
      partsOf(overheadBytes)[0].forEach(
        (byte, i) => random.integer(99) && i < bytes.length && (bytes[i] = byte),
      );
      if (bytes.length >= 16) bytes.writeUInt32LE(random.integer(2 ** random.integer(32)), 12);
      sentBytes += bytes.length;
      const result = assembly.add(bytes);
      if (typeof result === "string") break;
      result?.release();
    }
    const rooms = take.mock.results.map(({ value }) => (value as FrameBuffer).heldBytes);
    expect(Math.max(0, ...rooms), `seed ${seed}, round ${round}`).toBeLessThanOrEqual(2 ** 18 + sentBytes);
  }
});
