// Kernels made of formulas: the bits of JavaScript's own arithmetic, wherever the vectors lie.
import { describe, expect, test } from "vitest";
import {
  type Kernel,
  element,
  greatest,
  least,
  minus,
  number,
  over,
  plus,
  root,
  times,
} from "../../../../shared/simd/formula.ts";
import { Kernels, STAGED } from "../../../../shared/simd/kernels.ts";
import { VectorMemory } from "../../../../shared/simd/vector-memory.ts";

/** Every operation, a part that is used twice, and two writes that read each other's vectors. */
const product = times(element("x"), number("k"));
const KERNELS: Readonly<Record<string, Kernel>> = {
  all: {
    vectors: ["x", "y", "z"],
    numbers: ["k", "low", "high"],
    writes: {
      y: plus(root(over(element("y"), number("high"))), product),
      z: minus(element("y"), greatest(number("low"), least(number("high"), times(product, product)))),
    },
  },
  cubes: { vectors: ["x"], numbers: ["k"], writes: {}, sum: times(times(product, product), product) },
};
const [K, LOW, HIGH] = [1 / 3, 0.01, 0.3];

/** What JavaScript makes of the same formulas. */
function plainly(x: Float32Array, y: Float32Array, z: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const p = x[i] * K;
    const old = y[i];
    y[i] = Math.sqrt(old / HIGH) + p;
    z[i] = old - Math.max(LOW, Math.min(HIGH, p * p));
  }
}

const LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, STAGED - 1, STAGED, STAGED + 1, 2 * STAGED + 3];

describe.each(["in the kernels' memory", "elsewhere"])("a kernel over vectors %s", (where) => {
  test.each(LENGTHS)("gives JavaScript's bits for %i elements, and touches no others", (length) => {
    const { memory, kernels } = open();
    const make = (seed: number): Float32Array => {
      const vector = where === "elsewhere" ? new Float32Array(length + 2) : memory.floats(length + 2);
      return numbersInto(vector, seed);
    };
    const [x, y, z] = [make(1), make(2), make(3)];
    const expected = [x, y, z].map((vector) => vector.slice(1, length + 1));
    plainly(expected[0], expected[1], expected[2]);
    const vectors = [x, y, z].map((vector) => vector.subarray(1, length + 1));
    const addresses = vectors.map((vector) => memory.addressOf(vector));
    expect(addresses.includes(null)).toBe(where === "elsewhere");
    kernels.run({ kernel: "all", vectors, addresses, numbers: [K, LOW, HIGH] }, 0, length);
    for (const [i, vector] of vectors.entries())
      expect(bitsOf(vector).equals(bitsOf(expected[i]))).toBe(true);
    for (const [i, vector] of [x, y, z].entries()) {
      const before = numbersInto(new Float32Array(length + 2), i + 1);
      expect([vector[0], vector[length + 1]]).toEqual([before[0], before[length + 1]]);
    }
  });

  test.each(LENGTHS.filter((length) => length <= STAGED))("sums %i elements in four sums", (length) => {
    const { memory, kernels } = open();
    const x = numbersInto(where === "elsewhere" ? new Float32Array(length) : memory.floats(length), 1);
    const sums = [0, 0, 0, 0];
    for (const [i, value] of x.entries()) {
      const p = value * K;
      sums[i < length - (length % 4) ? i % 4 : 0] += p * p * p;
    }
    const call = { kernel: "cubes", vectors: [x], addresses: [memory.addressOf(x)], numbers: [K] };
    expect(kernels.run(call, 0, length)).toBe(sums[0] + sums[1] + (sums[2] + sums[3]));
  });
});

test("vectors of one call may lie in different places", () => {
  const { memory, kernels } = open();
  const length = STAGED + 6;
  const [x, y, z] = [memory.floats(length), new Float32Array(length), memory.floats(length)];
  for (const [i, vector] of [x, y, z].entries()) numbersInto(vector, i);
  const expected = [x, y, z].map((vector) => vector.slice());
  plainly(expected[0], expected[1], expected[2]);
  const vectors = [x, y, z];
  const addresses = vectors.map((vector) => memory.addressOf(vector));
  kernels.run({ kernel: "all", vectors, addresses, numbers: [K, LOW, HIGH] }, 0, length);
  for (const [i, vector] of vectors.entries()) expect(bitsOf(vector).equals(bitsOf(expected[i]))).toBe(true);
});

test("values beyond all numbers go through a kernel as through JavaScript", () => {
  const { memory, kernels } = open();
  const odd = [NaN, Infinity, -Infinity, -0, 1.4e-45, 3.4028234663852886e38, -1e-40, 0, 5];
  const [x, y, z] = [0, 3, 5].map((shift) => {
    const vector = memory.floats(odd.length);
    vector.set(odd.map((_, i) => odd[(i + shift) % odd.length]));
    return vector;
  });
  const expected = [x, y, z].map((vector) => vector.slice());
  plainly(expected[0], expected[1], expected[2]);
  const vectors = [x, y, z];
  const addresses = vectors.map((vector) => memory.addressOf(vector));
  kernels.run({ kernel: "all", vectors, addresses, numbers: [K, LOW, HIGH] }, 0, odd.length);
  expect([...y]).toEqual([...expected[1]]);
  expect([...z]).toEqual([...expected[2]]);
});

test("vectors keep their contents and their place when the memory grows for others", () => {
  const { memory } = open();
  const first = memory.floats(5).fill(7);
  const address = memory.addressOf(first);
  const second = memory.floats(1_000_000);
  expect(second.every((value) => value === 0)).toBe(true);
  expect([...first]).toEqual([7, 7, 7, 7, 7]);
  expect(memory.addressOf(first)).toBe(address);
  expect(memory.addressOf(second)).toBeGreaterThanOrEqual(address! + 20);
});

test("where the memory is full, a vector lies elsewhere", () => {
  const { memory } = open();
  const beyond = memory.floats(2 ** 30); // 4 GiB, of which nothing is written to
  expect(beyond.length).toBe(2 ** 30);
  expect(memory.addressOf(beyond)).toBeNull();
  expect(memory.addressOf(memory.floats(4))).not.toBeNull(); // there is room for small ones
});

function open(): { readonly memory: VectorMemory; readonly kernels: Kernels } {
  const memory = VectorMemory.open()!;
  return { memory, kernels: new Kernels(KERNELS, memory.setup(KERNELS)!) };
}

/** Numbers in 0 … 1 that look random. */
function numbersInto(vector: Float32Array, seed: number): Float32Array {
  for (let i = 0; i < vector.length; i++) vector[i] = Math.sin((i + 1) * (seed + 1.7)) ** 2;
  return vector;
}

function bitsOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(new Uint8Array(buffer, byteOffset, byteLength));
}
