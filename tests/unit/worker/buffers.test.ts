// A node's buffers: kept for the next of their length, in memory that every thread sees, and added with plain float32.
import { expect, test } from "vitest";
import { SharedBuffers } from "../../../worker/buffers.ts";

test("a buffer that is released is handed out again to who wants its length, and to no other", () => {
  const buffers = new SharedBuffers();
  const first = buffers.acquire(5);
  expect(first.buffer).toBeInstanceOf(SharedArrayBuffer);
  buffers.release(first);
  expect(buffers.acquire(6)).not.toBe(first);
  expect(buffers.acquire(5)).toBe(first);
  expect(buffers.acquire(5)).not.toBe(first);
});

test.each([0, 1, 7, 20_003])(
  "adding %i numbers rounds each sum to float32, and leaves the other vector",
  (length) => {
    const buffers = new SharedBuffers();
    const [into, from] = [buffers.acquire(length), buffers.acquire(length)];
    for (let i = 0; i < length; i++) [into[i], from[i]] = [Math.sin(i) * 1e3, Math.cos(i) / 3];
    const expected = into.map((value, i) => Math.fround(value + from[i]));
    const before = from.slice();
    buffers.add(into, from);
    expect(Buffer.from(into.slice().buffer).equals(Buffer.from(expected.slice().buffer))).toBe(true);
    expect(Buffer.from(from.slice().buffer).equals(Buffer.from(before.buffer))).toBe(true);
  },
);
