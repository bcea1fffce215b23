// Inner products: the right sums, and the same bits wherever two rows meet.
import { expect, test } from "vitest";
import { Products, TILE, squaredNorm } from "../../../../../coordinator/metrics/linear-algebra/products.ts";
import { normalFeatures } from "../../../../support/normal-features.ts";

/** (sum over even k) + (sum over odd k), written as the contract says it. */
function product(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let even = 0;
  let odd = 0;
  for (let k = 0; k < x.length; k++)
    if (k % 2 === 0) even += x[k] * y[k];
    else odd += x[k] * y[k];
  return even + odd;
}

test.each([
  [1, 1, 1],
  [2, 3, 4],
  [4, 7, 5],
  [47, 48, 129],
  [48, 1, 64],
])(
  "products of %i rows with %i rows of %i numbers have the bits of their contract",
  (rows, columns, length) => {
    const x = normalFeatures({ seed: 1, count: rows, size: length });
    const y = normalFeatures({ seed: 2, count: columns, size: length });
    const tiles = new Products(length);
    tiles.left({ values: x.values, offset: 0, stride: length, count: rows }, length);
    tiles.right({ values: y.values, offset: 0, stride: length, count: columns }, length);
    tiles.multiply();
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        const expected = product(
          x.values.subarray(i * length, (i + 1) * length),
          y.values.subarray(j * length, (j + 1) * length),
        );
        expect(tiles.out[i * TILE + j]).toBe(expected);
      }
  },
);

test("shorter rows after longer ones do not meet what those have left behind", () => {
  const tiles = new Products(5);
  const rows = (...values: number[]) => ({
    values: Float64Array.from(values),
    offset: 0,
    stride: values.length,
    count: 1,
  });
  tiles.left(rows(1, 2, 3, 4, 5), 5);
  tiles.right(rows(1, 1, 1, 1, 1), 5);
  tiles.multiply();
  expect(tiles.out[0]).toBe(15);
  tiles.left(rows(1, 2, 3), 3);
  tiles.right(rows(1, 1, 1), 3);
  tiles.multiply();
  expect(tiles.out[0]).toBe(6);
});

test("a row's squared norm equals its product with itself", () => {
  for (const size of [1, 2, 7, 128, 129]) {
    const { values } = normalFeatures({ seed: size, count: 1, size });
    const tiles = new Products(size);
    tiles.left({ values, offset: 0, stride: size, count: 1 }, size);
    tiles.right({ values, offset: 0, stride: size, count: 1 }, size);
    tiles.multiply();
    expect(squaredNorm(values, 0, size)).toBe(tiles.out[0]);
  }
});

test("more rows than a tile has, and rows of two lengths, are refused", () => {
  const values = new Float64Array(200);
  const tiles = new Products(2);
  expect(() => tiles.left({ values, offset: 0, stride: 2, count: TILE + 1 }, 2)).toThrow(RangeError);
  expect(() => tiles.left({ values, offset: 0, stride: 3, count: 1 }, 3)).toThrow(RangeError);
  tiles.left({ values, offset: 0, stride: 2, count: 1 }, 2);
  expect(() => tiles.right({ values, offset: 0, stride: 2, count: 1 }, 1)).toThrow(/rows of 1 against/);
});
