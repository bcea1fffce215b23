// tf.customGrad inside a step, through a model context's tf: the gradient that was given is the one that is taken.
import type * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { tensorflow } from "../../../../shared/models/model-context.ts";
import { useCpuBackend } from "../../../../shared/program/cpu-backend.ts";
import { type TraceContext, traceProgram } from "../../../../shared/program/trace.ts";
import { createReferenceEngine } from "../../../../worker/engine/reference-engine.ts";
import { execute } from "../../../support/oracle.ts";

const context = tensorflow();

async function valueOf(f: (x: tf.Tensor, trace: TraceContext) => tf.Tensor, x: number[]): Promise<number[]> {
  const program = await traceProgram((trace) => ({ y: f(trace.input("x", [x.length]), trace) }));
  const { y } = await execute(createReferenceEngine(), program, { x: Float32Array.from(x) });
  return [...y];
}

const slope = (y: tf.Tensor, x: tf.Tensor, { gradients }: TraceContext): tf.Tensor =>
  gradients(context.sum(y), [x])[0];

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
  const step = (x: tf.Tensor, trace: TraceContext): tf.Tensor => slope(context.square(reverse(x)), x, trace);
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

test("outside a step it is tfjs's own", async () => {
  await useCpuBackend();
  const triple = context.customGrad((x) => ({
    value: context.square(x as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => context.mul(dy, 3),
  }));
  const [gradient] = context.grads((x: tf.Tensor) => triple(x))([context.tensor1d([5])]);
  expect([...gradient.dataSync()]).toEqual([3]);
});
