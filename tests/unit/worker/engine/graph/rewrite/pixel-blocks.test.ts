// Repeated pixels and means over tiles stay in the order in which convolutions hold images.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { lowerProgram } from "../../../../../../worker/engine/graph/lower/lower.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { withPixelBlocks } from "../../../../../../worker/engine/graph/rewrite/pixel-blocks.ts";
import { type OracleCase, compareWithOracle, programOf } from "../../../../../support/oracle.ts";

/** One tap: with more, resampling becomes part of a convolution. */
const FILTER = [1, 1, 6, 6];
const convolved = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor4D =>
  tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same");

/** Three like each pixel in a row, then each row twice: [3, 4, 5, 6] -> [3, 8, 15, 6]. */
const repeated = (x: tf.Tensor4D): tf.Tensor4D => {
  const wide = tf.reshape(tf.concat([x, x, x], 3), [12, 90]);
  return tf.reshape(tf.concat([wide, wide], 1), [3, 8, 15, 6]);
};

const CASES: readonly OracleCase[] = [
  {
    name: "nearest neighbours, as upSampling2d takes them",
    inputs: [[3, 4, 5, 6], FILTER],
    f: (x, filter) =>
      convolved(tf.image.resizeNearestNeighbor(convolved(x, filter), [8, 15], false, false), filter),
    gradient: (x, filter) => convolved(repeated(convolved(x, filter)), filter), // tfjs's own is wrong
  },
  {
    name: "means over tiles",
    inputs: [[3, 4, 6, 6], FILTER],
    f: (x, filter) => convolved(tf.avgPool(convolved(x, filter), 2, 2, "valid"), filter),
  },
];

test.each(CASES.map((oracleCase) => [oracleCase.name, oracleCase] as const))(
  "%s between convolutions move no image, forward and back",
  async (_name, oracleCase) => {
    const program = await programOf(oracleCase);
    const kernels = withPixelBlocks(program).calls.map(({ kernel }) => kernel);
    expect(kernels).toContain("RepeatPixels");
    // Into the order of the convolutions and out of it: the images, their gradient, and the loss's factors.
    const isImage = (permutation: unknown): boolean => ["1,2,0,3", "2,0,1,3"].includes(String(permutation));
    const moves = lowerProgram(program).nodes.filter(
      ({ op, attributes: { perm } }) => op === "Transpose" && perm && "ints" in perm && isImage(perm.ints),
    );
    expect(moves).toHaveLength(4);
    const { errors } = await compareWithOracle(createGraphEngine("test"), oracleCase);
    for (const [output, error] of Object.entries(errors)) expect(error, output).toBeLessThan(1e-5); // float32, as all kernels
  },
);

test("means over windows that overlap, or that padding cuts, are taken without moving the image", async () => {
  const pooled: OracleCase = {
    name: "overlapping",
    inputs: [[2, 5, 7, 6], FILTER],
    f: (x, filter) => convolved(tf.avgPool(convolved(x, filter), 3, 2, "same"), filter),
    gradient: false,
  };
  const { nodes } = lowerProgram(await programOf(pooled));
  expect(nodes.map(({ op }) => op)).not.toContain("AveragePool");
  const { errors } = await compareWithOracle(createGraphEngine("test"), pooled);
  expect(errors["result"]).toBeLessThan(1e-5);
});
