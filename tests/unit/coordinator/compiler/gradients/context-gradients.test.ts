// tf.customGrad and tf.grad inside a step, through a model context's tf.
import type * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { tensorflow } from "../../../../../coordinator/compiler/models/users/model-context.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { type TraceContext, traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { createReferenceEngine } from "../../../../../worker/engine/reference-engine.ts";
import { execute } from "../../../../support/oracle.ts";

const context = tensorflow();

async function valueOf(f: (x: tf.Tensor, trace: TraceContext) => tf.Tensor, x: number[]): Promise<number[]> {
  const program = await traceProgram((trace) => ({ y: f(trace.input("x", [x.length]), trace) }));
  const { y } = await execute(createReferenceEngine(), program, { x: Float32Array.from(x) });
  return [...y];
}

const slope = (y: tf.Tensor, x: tf.Tensor, { gradients }: TraceContext): tf.Tensor =>
  gradients(context.sum(y), [x])[0];

describe("a custom gradient is the one that is taken:", () => {
  test("of what is flat: rounding that passes gradients straight through", async () => {
    const round = context.customGrad((x) => ({
      value: context.round(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => dy,
    }));
    const step = (x: tf.Tensor, trace: TraceContext): tf.Tensor =>
      slope(context.mul(round(context.mul(x, 2)), 3), x, trace);
    expect(await valueOf(step, [0.3, -1.2])).toEqual([6, 6]); // 2 · 1 · 3
  });

  test("of what returns its input: a reversed gradient", async () => {
    const reverse = context.customGrad((x) => ({
      value: context.clone(x as tf.Tensor),
      gradFunc: (dy: tf.Tensor) => context.neg(dy),
    }));
    const step = (x: tf.Tensor, trace: TraceContext): tf.Tensor =>
      slope(context.square(reverse(x)), x, trace);
    expect(await valueOf(step, [3, -1])).toEqual([-6, 2]); // -(2 x)
  });

  test("of several inputs and saved tensors, differentiated once more", async () => {
    // x² y, said to have the slopes 2 x y and 7 x; then d(2 x y)/dx = 2 y
    const product = context.customGrad((x, y, save) => {
      (save as (tensors: tf.Tensor[]) => void)([x as tf.Tensor, y as tf.Tensor]);
      return {
        value: context.mul(context.square(x as tf.Tensor), y as tf.Tensor),
        gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => [
          context.mul(dy, context.mul(2, context.mul(saved[0], saved[1]))),
          context.mul(dy, context.mul(7, saved[0])),
        ],
      };
    });
    const partials = (x: tf.Tensor, { gradients }: TraceContext): tf.Tensor => {
      const other = context.add(x, 1); // 4 where x is 3
      const value = context.sum(product(x, other));
      const [first] = gradients(value, [x]); // 2 x (x + 1) + 7 x
      const [second] = gradients(context.sum(first), [x]); // 4 x + 2 + 7
      return context.concat([first, second]);
    };
    expect(await valueOf(partials, [3])).toEqual([45, 21]);
  });
});

test("outside a step it is tfjs's own", async () => {
  await useCpuBackend();
  const triple = context.customGrad((x) => ({
    value: context.square(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => context.mul(dy, 3),
  }));
  const [gradient] = context.grads((x: tf.Tensor) => triple(x))([context.tensor1d([5])]);
  expect([...gradient.dataSync()]).toEqual([3]);
});

describe("tf.grad and its like", () => {
  const t = Math.tanh(0.5);

  test("nest: the second derivative of tanh, which eager tfjs gets wrong", async () => {
    const second = context.grad((x: tf.Tensor) => context.grad((y: tf.Tensor) => context.tanh(y))(x));
    const [value] = await valueOf((x) => second(x), [0.5]);
    expect(value).toBeCloseTo(-2 * t * (1 - t * t), 6);
  });

  test("weigh with dy, give values, and take several inputs", async () => {
    const product = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => context.mul(context.square(x), y);
    const parts = (x: tf.Tensor): tf.Tensor => {
      const [two, weight] = [context.scalar(2), context.tensor1d([10])];
      const { value, grads } = context.valueAndGrads(product)([x, two], weight);
      const [toX, toTwo] = context.grads(product)([x, two]);
      const single = context.valueAndGrad((y: tf.Tensor) => context.square(y))(x);
      return context.concat(
        [value, ...grads, toX, toTwo, single.value, single.grad].map((part) => context.reshape(part, [1])),
      );
    };
    // x = 3: x² · 2 = 18; 10 · (2 x · 2, x²); (12, 9); 9 and 6
    expect(await valueOf(parts, [3])).toEqual([18, 120, 90, 12, 9, 9, 6]);
  });

  test("pass dilated convolutions, which tfjs refuses to differentiate", async () => {
    const filter = context.ones([2, 2, 1, 1]) as tf.Tensor4D;
    const convolved = (x: tf.Tensor): tf.Tensor => {
      const image: tf.Tensor4D = context.reshape(x, [1, 3, 3, 1]);
      return context.conv2d(image, filter, 1, "valid", "NHWC", 2);
    };
    const slopes = (x: tf.Tensor): tf.Tensor => context.grad(convolved)(x);
    expect(
      await valueOf(
        slopes,
        Array.from({ length: 9 }, () => 1),
      ),
    ).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 1]);
  });

  test("are tfjs's own outside a step", async () => {
    await useCpuBackend();
    const slope3 = context.grad((x: tf.Tensor) => context.square(x))(context.tensor1d([3]));
    expect([...slope3.dataSync()]).toEqual([6]);
  });
});
