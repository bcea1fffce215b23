// Initial weights do not depend on how fast they are drawn: tfjs's own ops give the same numbers.
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { withQuickRandomOps } from "../../../../../../coordinator/compiler/models/initial-weights/quick-random-ops.ts";
import { core } from "../../../../../../coordinator/compiler/trace/random-ops.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";

beforeAll(() => useCpuBackend());

type Draw = (ops: typeof tf) => tf.Tensor;

/** More numbers than are drawn ahead, and an odd number of them. */
const SHAPE = [3, 5, 1001];

test.each<[string, Draw]>([
  ["normal numbers of a seed", (ops) => ops.randomNormal(SHAPE, 0.5, 0.02, "float32", 7)],
  ["normal numbers without deviation", (ops) => ops.randomNormal([4], 1, 0, "float32", 7)],
  ["truncated normal numbers", (ops) => ops.truncatedNormal(SHAPE, -1, 3, "float32", 12.25)],
  ["uniform numbers", (ops) => ops.randomUniform(SHAPE, -0.3, 0.4, "float32", 3)],
  ["uniform numbers of a text", (ops) => ops.randomUniform(SHAPE, 0, 1, "float32", "a text")],
  ["uniform numbers of seed 0", (ops) => ops.randomUniform([5], 0, 1, undefined, 0)],
  ["whole numbers", (ops) => ops.randomNormal([50], 0, 9, "int32", 7)],
  ["no numbers", (ops) => ops.randomNormal([0, 2], 0, 1, "float32", 7)],
])("%s are tfjs's", (_what, draw) => {
  const [usual, quick] = [draw(core), withQuickRandomOps(() => draw(core))];
  expect([quick.shape, quick.dtype]).toEqual([usual.shape, usual.dtype]);
  expect(quick.dataSync()).toEqual(usual.dataSync());
});

test("without a seed the next number of Math.random is taken, as tfjs does", () => {
  const original = Math.random;
  const drawn = [(fn: () => tf.Tensor) => fn(), withQuickRandomOps<tf.Tensor>].map((run) => {
    let calls = 0;
    Math.random = () => ++calls / 7;
    const values = run(() => core.concat([core.randomNormal([3]), core.randomUniform([3]), core.truncatedNormal([3])])); // prettier-ignore
    return { values: values.dataSync(), calls };
  });
  Math.random = original;
  expect(drawn[1]).toEqual(drawn[0]);
});

test("what tfjs refuses is refused with its own words, and afterwards its own ops are back", () => {
  const { randomNormal } = core;
  expect(() => withQuickRandomOps(() => core.randomNormal([-1]))).toThrow("positive integers");
  expect(core.randomNormal).toBe(randomNormal);
});
