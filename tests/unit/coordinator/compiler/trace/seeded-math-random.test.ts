// Math.random is a function of the seed inside, and untouched outside.
import { expect, test } from "vitest";
import { withSeededMathRandom } from "../../../../../coordinator/compiler/trace/seeded-math-random.ts";

const draw = (): number[] => [Math.random(), Math.random()];

test("draws the same numbers for the same seed and path, others otherwise", () => {
  const first = withSeededMathRandom(1, ["init"], draw);
  expect(withSeededMathRandom(1, ["init"], draw)).toEqual(first);
  expect(withSeededMathRandom(2, ["init"], draw)).not.toEqual(first);
  expect(withSeededMathRandom(1, ["other"], draw)).not.toEqual(first);
});

test("puts Math.random back after a return, a throw and a promise", () => {
  const original = Math.random;
  withSeededMathRandom(1, [], draw);
  expect(Math.random).toBe(original);
  const fail = (): never => {
    throw new Error("from inside");
  };
  expect(() => withSeededMathRandom(1, [], fail)).toThrow("from inside");
  expect(Math.random).toBe(original);
  expect(() => withSeededMathRandom(1, [], () => Promise.resolve(1))).toThrow(/synchronously/);
  expect(Math.random).toBe(original);
});

test("nests: the outer stream goes on where it was", () => {
  const plain = withSeededMathRandom(1, [], draw);
  const nested = withSeededMathRandom(1, [], () => {
    const first = Math.random();
    withSeededMathRandom(2, [], draw);
    return [first, Math.random()];
  });
  expect(nested).toEqual(plain);
});
