// The kernel of products, and the same without WebAssembly.
import { expect, test } from "vitest";
import {
  BLOCK,
  openKernel,
  plainKernel,
} from "../../../../../coordinator/metrics/linear-algebra/product-kernel.ts";

const LENGTH = 10;

test("the kernel is compiled: it works in shared memory, which plain JavaScript does not need", () => {
  expect(openKernel(1).memory).toBeInstanceOf(SharedArrayBuffer);
  expect(plainKernel(1).memory).toBeInstanceOf(ArrayBuffer);
});

test("plain JavaScript has the bits of the kernel", () => {
  const [a, b, out] = [0, 1, 2].map((part) => part * BLOCK * LENGTH * 8);
  const results = [openKernel, plainKernel].map((open) => {
    const { memory, kernel } = open(3 * BLOCK * LENGTH * 8);
    const values = new Float64Array(memory);
    for (let i = 0; i < 2 * BLOCK * LENGTH; i++) values[i] = Math.sin(i) * 10 ** (i % 7);
    kernel(a, b, LENGTH * 8, LENGTH * 8, out, BLOCK * 8);
    return values.slice(out / 8, out / 8 + BLOCK * BLOCK);
  });
  expect(results[1]).toEqual(results[0]);
  expect(results[0].every((value) => value !== 0)).toBe(true);
});
