// Copies between any memory, however the two lie in it.
import { expect, test } from "vitest";
import { copyBytes } from "../../../shared/copy-bytes.ts";

const memories = { own: ArrayBuffer, shared: SharedArrayBuffer };
const pairs = Object.entries(memories).flatMap(([from, From]) =>
  Object.entries(memories).map(([into, Into]) => ({ from, into, From, Into })),
);

test.each(pairs)("from $from into $into memory every byte arrives, and none beside", ({ From, Into }) => {
  for (let lead = 0; lead < 8; lead++) {
    const from = new Uint8Array(new From(40), lead, 21).map((_, i) => i + 1);
    const placed = new Uint8Array(new From(40), lead, 21);
    for (let i = 0; i < 21; i++) placed[i] = from[i];
    const into = new Uint8Array(new Into(40));
    copyBytes(into, placed, 3);
    expect([...into]).toEqual([0, 0, 0, ...from, ...Array.from({ length: 16 }, () => 0)]); // 3 + 21 + 16
  }
});

test("views of floats are copied by their bytes, within memory that holds more", () => {
  const into = new Float32Array(new SharedArrayBuffer(24), 4, 4);
  copyBytes(into, Float32Array.of(1.5, -2), 8);
  expect([...into]).toEqual([0, 0, 1.5, -2]);
});

test("nothing to copy leaves all as it is, and what does not fit is a RangeError", () => {
  const into = Uint8Array.of(1, 2);
  copyBytes(into, new Float32Array(0));
  expect(() => copyBytes(into, Uint8Array.of(3, 4), 1)).toThrow(RangeError);
  expect([...into]).toEqual([1, 2]);
});
