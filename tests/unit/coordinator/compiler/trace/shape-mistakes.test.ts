// Shapes and axes that do not fit are refused while a step is traced: tfjs itself looks only as it computes.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";

/** a is [2, 3], b is [2, 4]. */
type Slip = (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

describe("a step is refused that", () => {
  test.each<[what: string, slip: Slip, says: string]>([
    ["multiplies matrices that do not meet", (a, b) => tf.matMul(a, b), "matMul of [2, 3] and [2, 4]"],
    ["so transposed", (a, b) => tf.matMul(a, b, true, true), "(transposed): rows of 2 do not meet columns of 4"],
    ["joins what differs beside the axis", (a, b) => tf.concat([a, b], 0), "does not match the shape of the rest"],
    ["joins along no axis", (a) => tf.concat([a, a], 2), "there is no axis 2: give one from -2 to 1"],
    ["splits unevenly", (a) => tf.split(a, 2, 1)[0], "Number of splits must evenly divide the axis"],
    ["splits less than there is", (a) => tf.split(a, [1, 1], 1)[0], "sum of sizes must match"],
    ["gathers along no axis", (a) => tf.gather(a, [0], 4), "there is no axis 4"],
    ["reverses no axis", (a) => tf.reverse(a, 3), "there is no axis 3"],
    ["pads fewer axes than there are", (a) => tf.pad(a, [[1, 1]]), "1 paddings for [2, 3]"],
    ["adds up segments of other rows", (a) => tf.unsortedSegmentSum(a, tf.tensor1d([0, 1, 1], "int32"), 2), "3 segment ids for 2 rows"],
    ["pools windows larger than the image", (a) => tf.maxPool(tf.reshape<tf.Rank.R4>(a, [1, 2, 3, 1]), 5, 1, "valid"), "MaxPool of [1, 2, 3, 1] would make"],
  ])("%s", async (_what, slip, says) => {
    const trace = traceProgram(({ input }) => ({ y: slip(input("a", [2, 3]), input("b", [2, 4])) }));
    await expect(trace).rejects.toMatchObject({ code: "MODEL", message: expect.stringContaining(says) });
  }); // prettier-ignore
});
