// Weights: versions in shared memory, written again only when nobody reads them any more.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Weights, weightsHash } from "../../../../coordinator/update/weights.ts";
import { createMemoryHub } from "../../../../shared/transport/memory.ts";

test("a draft is a copy of the current weights, and becomes the next version", () => {
  const initial = Float32Array.of(1, 2);
  const weights = new Weights(initial, 5);
  const draft = weights.draft();
  draft[0] = 9;
  expect([...weights.current]).toEqual([1, 2]);
  weights.commit(draft);
  expect(weights.version).toBe(6);
  expect([...weights.current]).toEqual([9, 2]);
  expect([...initial]).toEqual([1, 2]);
  expect(weights.current.buffer).toBeInstanceOf(SharedArrayBuffer);
});

test("a draft has the current weights outside of what is rewritten, and copies nothing else", () => {
  const weights = new Weights(Float32Array.of(1, 2, 3, 4, 5, 6), 0);
  const rewritten = [
    { offset: 1, length: 1 },
    { offset: 3, length: 2 },
  ];
  const draft = weights.draft(rewritten);
  expect([...draft]).toEqual([1, 0, 3, 0, 0, 6]); // a new buffer starts with zeros
  expect([...weights.draft([{ offset: 0, length: 6 }])]).toEqual([0, 0, 0, 0, 0, 0]);
  expect([...weights.draft([])]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("two buffers are enough while nobody holds on to one", async () => {
  const weights = new Weights(Float32Array.of(1), 0);
  const seen = new Set<ArrayBufferLike>();
  for (let i = 0; i < 10; i++) {
    weights.commit(weights.draft());
    await Promise.resolve(); // the release is told in a microtask
    seen.add(weights.current.buffer);
  }
  expect(seen.size).toBe(2);
});

test("a version that a node still reads keeps its values, however many come after", async () => {
  const hub = createMemoryHub();
  const node = hub.connect("slow");
  const arrivals = node.receive()[Symbol.asyncIterator]();
  const weights = new Weights(Float32Array.of(0), 0);
  void weights.publish(hub, () => true);
  const { value: envelope } = await arrivals.next();
  const advance = async (): Promise<Float32Array> => {
    const draft = weights.draft();
    draft[0]++;
    weights.commit(draft);
    await new Promise(setImmediate);
    return weights.current;
  };
  for (let i = 1; i <= 4; i++) expect((await advance())[0]).toBe(i);
  expect(envelope.message).toEqual({ type: "weights", version: 0 });
  expect([...envelope.body]).toEqual([0]);

  envelope.release();
  await new Promise(setImmediate);
  const later = [await advance(), await advance(), await advance()];
  expect(later.some(({ buffer }) => buffer === envelope.body.buffer)).toBe(true); // and then it is used again
});

test("the hash is SHA-256 over the little-endian bytes, of a view's own part", () => {
  // 1 is 3f800000 and -2 is c0000000
  const bytes = Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
  const expected = createHash("sha256").update(bytes).digest("hex");
  expect(weightsHash(Float32Array.of(1, -2))).toBe(expected);
  expect(weightsHash(Float32Array.of(7, 1, -2, 7).subarray(1, 3))).toBe(expected);
});
