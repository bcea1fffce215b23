// Frames: cut into parts and put together again, in memory that is used again and costs no more than what was sent.
import { describe, expect, test, vi } from "vitest";
import { FramePool, type FrameBuffer } from "../../../../../../shared/transport/frame-pool.ts";
import { cutFrame } from "../../../../../../shared/transport/cut-frame.ts";
import {
  BroadcastAssembly,
  FrameAssembly,
} from "../../../../../../shared/transport/nats/stream/reassembly.ts";
import type { Frame } from "../../../../../../shared/transport/frame-builder.ts";

const bytes = (...values: number[]): Buffer => Buffer.from(values);

function streamOf(maxFrameBytes: number, memory = new FramePool()): FrameAssembly {
  return new FrameAssembly({ maxFrameBytes, memory });
}

function broadcastsOf(maxFrameBytes: number, memory = new FramePool()): BroadcastAssembly {
  return new BroadcastAssembly({ maxFrameBytes, memory });
}

const valuesOf = (frame: unknown): number[] => [...(frame as Frame).bytes];

describe("a frame", () => {
  const pieces = [bytes(1, 2, 3, 4, 5), bytes(), bytes(6, 7, 8, 9), bytes(10)];

  test.each([1, 2, 3, 5, 9, 10, 11])("cut into parts of %i bytes is assembled again", (partBytes) => {
    const parts = cutFrame(pieces, partBytes);
    expect(parts.map(({ index }) => index)).toEqual(parts.map((_, i) => i));
    expect(parts.slice(0, -1).every((part) => part.bytes.length === partBytes)).toBe(true);
    const assembly = streamOf(10);
    const results = parts.map((part) => assembly.add({ kind: "chunk", seq: part.index, ...part }));
    expect(results.slice(0, -1).every((result) => result === null)).toBe(true);
    expect(valuesOf(results.at(-1))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test("over the limit, or with a part out of order, is refused", () => {
    const [first, second, third] = cutFrame(pieces, 4).map(
      (part) => ({ kind: "chunk", seq: 0, ...part }) as const,
    );
    const small = streamOf(7);
    expect([small.add(first), small.add(second)]).toEqual([null, "too-large"]);
    const disordered = streamOf(10);
    expect([disordered.add(first), disordered.add(third)]).toEqual([null, "chunk-order"]);
  });

  test("is cut into views where a part lies in one piece: 400 MB are not copied", () => {
    const [part] = cutFrame([pieces[0]], 5);
    expect(part.bytes.buffer).toBe(pieces[0].buffer);
  });

  test("takes memory as its parts come, whatever size it declares", () => {
    const memory = new FramePool();
    const take = vi.spyOn(memory, "take");
    const assembly = streamOf(2 ** 29, memory);
    const part = Buffer.alloc(2 ** 17, 7);
    const add = (index: number) =>
      assembly.add({ kind: "chunk", seq: index, index, count: 4096, bytes: part });
    for (let index = 0; index < 33; index++) {
      expect(add(index)).toBeNull();
      const room = take.mock.results[0].value as FrameBuffer;
      expect(room.heldBytes - (index + 1) * part.length).toBeLessThan(2 ** 18); // a step ahead of what came
    }
    expect(take).toHaveBeenCalledTimes(1); // it grows where it lies
  });

  test("may have parts of different sizes in a stream, where the order gives their places", () => {
    const assembly = streamOf(100);
    expect(assembly.add({ kind: "chunk", seq: 0, index: 0, count: 2, bytes: bytes(1) })).toBeNull();
    const whole = assembly.add({ kind: "chunk", seq: 1, index: 1, count: 2, bytes: bytes(2, 3) });
    expect(valuesOf(whole)).toEqual([1, 2, 3]);
  });

  test("lies in the memory of a released one, which is reused once per release", () => {
    const assembly = streamOf(2 ** 20);
    const send = (fill: number): Frame => {
      const parts = cutFrame([Buffer.alloc(100_000, fill)], 60_000);
      return parts.map((part) => assembly.add({ kind: "chunk", seq: 0, ...part })).at(-1) as Frame;
    };
    const [first, held] = [send(1), send(2)];
    first.release();
    first.release();
    const [third, fourth] = [send(3), send(4)];
    expect(third.bytes.buffer).toBe(first.bytes.buffer);
    expect(fourth.bytes.buffer).not.toBe(first.bytes.buffer);
    for (const [frame, fill] of [
      [held, 2],
      [third, 3],
      [fourth, 4],
    ] as const)
      expect(Buffer.alloc(100_000, fill).equals(frame.bytes)).toBe(true);
  });
});

describe("broadcasts", () => {
  const parts = (broadcast: number) =>
    cutFrame([bytes(broadcast, 1, 2, 3, 4)], 2).map(
      (part) => ({ kind: "broadcast", broadcast, ...part }) as const,
    );

  test("are assembled from parts in any order, with duplicates", () => {
    const assembly = broadcastsOf(100);
    const [a, b, c] = parts(1);
    for (const part of [c, a, a, c]) expect(assembly.add(part)).toBeNull();
    expect(assembly.progress).toEqual({ broadcast: 1, parts: 1 });
    expect(assembly.take(1)).toBeNull();
    assembly.add(b);
    expect(valuesOf(assembly.take(1))).toEqual([1, 1, 2, 3, 4]);
    expect(assembly.take(1)).toBeNull(); // it is given once
  });

  test("are kept two at a time, with the one that is waited for: the rest can be asked for again", () => {
    const assembly = broadcastsOf(100);
    expect(assembly.take(1)).toBeNull(); // waited for
    for (const broadcast of [1, 2, 3, 4]) for (const part of parts(broadcast)) assembly.add(part);
    expect(valuesOf(assembly.take(1))).toEqual([1, 1, 2, 3, 4]);
    expect(assembly.take(2)).toBeNull();
    expect(valuesOf(assembly.take(3))).toEqual([3, 1, 2, 3, 4]);
    expect(valuesOf(assembly.take(4))).toEqual([4, 1, 2, 3, 4]);
  });

  test("over the limit are refused", () => {
    const assembly = broadcastsOf(4);
    expect(parts(1).map((part) => assembly.add(part))).toEqual([null, null, "too-large"]);
    const [, , last] = parts(2);
    expect(broadcastsOf(4).add({ ...last, index: 1, count: 9, bytes: bytes(1, 2, 3) })).toBe("too-large"); // 3 + 3
  });

  test("with parts whose places are uncertain are refused", () => {
    const [a, b, c] = parts(1);
    const larger = { ...c, bytes: bytes(4, 5, 6) };
    for (const [first, second] of [
      [a, { ...b, bytes: bytes(2) }],
      [a, larger],
      [larger, a],
    ]) {
      const assembly = broadcastsOf(100);
      expect([assembly.add(first), assembly.add(second)]).toEqual([null, "chunk-size"]);
    }
  });

  test("that nobody takes leave their memory to others", () => {
    const memory = new FramePool();
    const assembly = broadcastsOf(2 ** 20, memory);
    const take = vi.spyOn(memory, "take");
    for (let broadcast = 1; broadcast <= 9; broadcast++)
      for (const part of cutFrame([Buffer.alloc(100_000, broadcast)], 60_000))
        assembly.add({ kind: "broadcast", broadcast, ...part });
    const memories = new Set(take.mock.results.map(({ value }) => value as FrameBuffer));
    expect(memories.size).toBeLessThan(5);
    expect([8, 9].map((broadcast) => assembly.take(broadcast)?.bytes[0])).toEqual([8, 9]);
  });
});

describe("memory for frames", () => {
  /** A room in which so many mebibytes were written. */
  function written(memory: FramePool, mebibytes: number): FrameBuffer {
    const room = memory.take(mebibytes * 2 ** 20);
    room.upTo(mebibytes * 2 ** 20);
    return room;
  }

  test("is kept up to 256 MiB, or one of any size", () => {
    const memory = new FramePool();
    const [large, small] = [300, 1].map((mebibytes) => written(memory, mebibytes));
    memory.give(large);
    memory.give(small);
    expect(memory.freeBytes).toBe(300 * 2 ** 20);
    expect(memory.take(2 ** 20)).not.toBe(small);
    expect(memory.take(290 * 2 ** 20)).toBe(large);
    expect(memory.freeBytes).toBe(0);
  });

  test("is the smallest that fits, and none that is more than twice as large", () => {
    const memory = new FramePool();
    const [a, b, c] = [400, 300, 200].map((size) => memory.take(size));
    for (const room of [a, b, c]) memory.give(room);
    expect(memory.take(90).capacityBytes).toBe(90);
    expect(memory.take(250)).toBe(b);
    expect(memory.take(250)).toBe(a);
  });

  test("is kept for as many frames as there are peers left to send them", () => {
    const memory = new FramePool();
    const rooms = [1, 2, 3, 4].map((mebibytes) => written(memory, mebibytes));
    for (const room of rooms) memory.give(room);
    memory.trim(2);
    expect(memory.freeBytes).toBe(3 * 2 ** 20);
    memory.trim(0);
    expect(memory.freeBytes).toBe(0);
  });

  test("takes from the system what is written, whatever its capacity, and stays where it is when it grows", () => {
    const room = new FramePool().take(2 ** 30);
    expect(room.heldBytes).toBe(0);
    const first = room.upTo(10);
    first.fill(7);
    const more = room.upTo(2 ** 20 + 1);
    expect(room.heldBytes).toBe(5 * 2 ** 18);
    expect(more.buffer).toBe(first.buffer);
    expect([...more.subarray(0, 10)]).toEqual(Array(10).fill(7));
  });
});

describe("a frame that will not be completed", () => {
  test("is not kept for later, unlike one that was read", () => {
    const memory = new FramePool();
    const assembly = streamOf(2 ** 24, memory);
    const [first, last] = cutFrame([Buffer.alloc(2 ** 20, 1)], 2 ** 19).map(
      (part) => ({ kind: "chunk", seq: 0, ...part }) as const,
    );
    assembly.add(first);
    expect(assembly.unfinished).toBe(true);
    assembly.abandon();
    expect([assembly.unfinished, memory.freeBytes]).toEqual([false, 0]);
    assembly.add(first);
    (assembly.add(last) as Frame).release();
    expect(memory.freeBytes).toBe(2 ** 20);
  });
});
