import { expect, test } from "vitest";
import { createLayout, sectionOf, viewOf } from "../../../../shared/protocol/layout.ts";

const BIAS = { name: "d/1/bias", shape: [2] };
const KERNEL = { name: "d/1/kernel", shape: [3, 2] };
const SCALAR = { name: "g/scale", shape: [] };

test("lays tensors back to back in the order of their names, whatever order they come in", () => {
  const layout = createLayout([SCALAR, KERNEL, BIAS]);
  expect(layout.slots).toEqual([
    { ...BIAS, offset: 0, size: 2 },
    { ...KERNEL, offset: 2, size: 6 },
    { ...SCALAR, offset: 8, size: 1 },
  ]);
  expect(layout.length).toBe(9); // 2 + 3·2 + 1
  expect(createLayout([BIAS, KERNEL, SCALAR])).toEqual(layout);
});

test("sorts by code unit, not by a language's alphabet", () => {
  const names = createLayout(["b", "B", "a10", "a9", "ä"].map((name) => ({ name, shape: [1] }))).slots;
  expect(names.map(({ name }) => name)).toEqual(["B", "a10", "a9", "b", "ä"]);
});

test("the hash is of names and shapes", () => {
  const { hash } = createLayout([BIAS, KERNEL]);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  const others = [
    [BIAS, { ...KERNEL, name: "d/2/kernel" }],
    [BIAS, { ...KERNEL, shape: [2, 3] }], // as many numbers
    [BIAS, { ...KERNEL, shape: [6] }],
    [BIAS],
    [
      { ...BIAS, shape: KERNEL.shape },
      { ...KERNEL, shape: BIAS.shape },
    ],
  ].map((tensors) => createLayout(tensors).hash);
  expect(new Set([hash, ...others]).size).toBe(6);
});

test("refuses two tensors of one name", () => {
  expect(() => createLayout([BIAS, KERNEL, { ...BIAS, shape: [7] }])).toThrow(
    "two tensors are named d/1/bias",
  );
});

test("a section is what shares a prefix, a view is no copy", () => {
  const layout = createLayout([SCALAR, KERNEL, BIAS]);
  expect(sectionOf(layout, "d/")).toEqual({ offset: 0, length: 8 });
  expect(sectionOf(layout, "g/")).toEqual({ offset: 8, length: 1 });
  expect(sectionOf(layout, "state/")).toEqual({ offset: 0, length: 0 });
  const vector = new Float32Array(layout.length);
  viewOf(vector, layout.slots[1]).fill(1);
  viewOf(vector, sectionOf(layout, "g/"))[0] = 2;
  expect([...vector]).toEqual([0, 0, 1, 1, 1, 1, 1, 1, 2]);
});
