// Costs of small programs, worked out by hand.
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  type Footprint,
  type Operations,
  countOperations,
  measureFootprint,
} from "../../../../shared/program/cost.ts";
import { groupedConv2d } from "../../../../shared/program/grouped-convolution.ts";
import {
  type TraceContext,
  recordProgram,
  traceProgram,
} from "../../../../coordinator/compiler/trace/trace.ts";

type Body = (context: TraceContext) => Record<string, tf.Tensor>;

const operations = async (body: Body): Promise<Operations> => countOperations(await traceProgram(body));
const footprint = async (body: Body, ...weights: string[]): Promise<Footprint> =>
  measureFootprint(await recordProgram(body), new Set(weights));

describe("operations", () => {
  test("of a convolution: two for each output element, kernel position and input channel", async () => {
    // 5×5 with a 3×3 kernel, valid: 3×3 outputs of 2 images and 7 filters, each 3·3·4 products and sums
    const counted = await operations(({ input }) => ({
      y: tf.conv2d(
        input("x", [2, 5, 5, 4]) as tf.Tensor4D,
        input("w", [3, 3, 4, 7]) as tf.Tensor4D,
        1,
        "valid",
      ),
    }));
    expect(counted).toEqual({ convolution: 2 * (2 * 3 * 3 * 7) * (3 * 3 * 4), matmul: 0, rest: 0 });
  });

  test("of its two gradients: as many again, each", async () => {
    const counted = await operations(({ input, gradients }) => {
      const x = input("x", [2, 5, 5, 4]);
      const w = input("w", [3, 3, 4, 7]);
      const y = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "valid");
      const [dx, dw] = gradients(tf.sum(tf.mul(y, input("c", [2, 3, 3, 7]))), [x, w]);
      return { dx, dw };
    });
    // y itself is dead: both gradients need c only; 2·126·36 each
    expect(counted.convolution).toBe(2 * 9072);
  });

  test("of a grouped convolution and its gradients: each output sees its group's channels only", async () => {
    // three groups of two channels, 5×5 with 3×3 kernels, same: 25 places, 6 outputs, 3·3·2 products and sums
    const counted = await operations(({ input, gradients }) => {
      const x = input("x", [2, 5, 5, 6]);
      const w = input("w", [3, 3, 2, 6]);
      const y = groupedConv2d(x, w, { padding: "same" });
      const [dx, dw] = gradients(tf.sum(tf.mul(y, input("c", [2, 5, 5, 6]))), [x, w]);
      return { y, dx, dw };
    });
    expect(counted.convolution).toBe(3 * 2 * (2 * 25 * 6) * (3 * 3 * 2));
  });

  test("of a transposed convolution: counted from its small side", async () => {
    // [1, 4, 4, 3] -> [1, 8, 8, 5], 2×2 kernel: each of the 4·4·3 inputs is used 2·2·5 times
    const counted = await operations(({ input }) => ({
      y: tf.conv2dTranspose(
        input("x", [1, 4, 4, 3]) as tf.Tensor4D,
        input("w", [2, 2, 5, 3]) as tf.Tensor4D,
        [1, 8, 8, 5],
        2,
        "same",
      ),
    }));
    expect(counted.convolution).toBe(2 * (4 * 4 * 3) * (2 * 2 * 5));
  });

  test("of a matmul: two for each output element and inner position, transposed or not", async () => {
    const counted = await operations(({ input }) => ({
      plain: tf.matMul(input("a", [3, 5]), input("b", [5, 7])),
      turned: tf.matMul(input("c", [5, 3]), input("d", [7, 5]), true, true),
    }));
    expect(counted).toEqual({ convolution: 0, matmul: 2 * (2 * 3 * 7 * 5), rest: 0 });
  });

  test("of the rest: one for each element of the largest operand; none where data only moves", async () => {
    const counted = await operations(({ input }) => {
      const x = input("x", [4, 6]);
      const moved = tf.reshape(tf.transpose(tf.concat([x, x])), [12, 4]);
      return { y: tf.sum(tf.relu(tf.add(moved, input("b", [4])))) };
    });
    expect(counted).toEqual({ convolution: 0, matmul: 0, rest: 3 * 48 }); // add, relu, sum
  });
});

describe("the footprint", () => {
  test("frees every value after its last use", async () => {
    // a (40 B) -> b (40 B), a freed -> c (40 B), b freed: never more than two of them; y is an output
    const chain = await footprint(({ input }) => ({
      y: tf.sum(tf.exp(tf.tanh(tf.neg(input("x", [10]))))),
    }));
    expect(chain).toEqual({ ports: 40 + 4, constants: 0, peak: 80 });
  });

  test("keeps a value that is used again later", async () => {
    const kept = await footprint(({ input }) => {
      const a = tf.neg(input("x", [10]));
      return { y: tf.sum(tf.add(tf.exp(tf.tanh(a)), a)) };
    });
    expect(kept.peak).toBe(120); // a, tanh a, exp of it; then a, exp, their sum
  });

  test("gives a reshaped value no memory of its own, and a truth value one byte", async () => {
    const views = await footprint(({ input }) => {
      const a = tf.neg(input("x", [2, 5]));
      const flat = tf.reshape(a, [10]);
      return { y: tf.sum(tf.cast(tf.greater(flat, input("t", [10])), "float32")) };
    });
    expect(views.peak).toBe(50); // a with its view, and ten truth values; then those and ten floats
  });

  test("leaves out the weights, which lie in the thread's one copy, and counts a uniform constant once", async () => {
    const weighed = await footprint(
      ({ input }) => ({ y: tf.mul(tf.mul(input("w", [10]), input("x", [10])), tf.fill([10], 3)) }),
      "w",
    );
    expect(weighed).toEqual({ ports: 40 + 40, constants: 4, peak: 40 });
  });
});
