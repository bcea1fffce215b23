// Losses of the same samples go back through a network once.
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { type TraceContext, traceProgram } from "../../../../../../coordinator/compiler/trace/trace.ts";
import { type Program, arraysFor } from "../../../../../../shared/program/program.ts";
import { stream } from "../../../../../../shared/random/random.ts";
import { rewriteProgram } from "../../../../../../worker/engine/graph/rewrite/rewrite.ts";
import { foldResampling } from "../../../../../../worker/engine/graph/rewrite/resampled-convolutions.ts";
import { withPixelBlocks } from "../../../../../../worker/engine/graph/rewrite/pixel-blocks.ts";
import { shareCotangents } from "../../../../../../worker/engine/graph/rewrite/share-cotangents.ts";
import { createGraphEngine } from "../../../../../../worker/engine/graph/graph-engine.ts";
import { createReferenceEngine } from "../../../../../../worker/engine/reference-engine.ts";
import { execute } from "../../../../../support/oracle.ts";
import { relativeError } from "../../../../../support/relative-error.ts";

type Loss = (logits: tf.Tensor, images: tf.Tensor, context: TraceContext) => tf.Tensor;
/** [B, H, W, C] -> [B, 1] */
type Judge = (images: tf.Tensor4D, weights: readonly tf.Tensor[]) => tf.Tensor;

const IMAGES = [4, 6, 6, 5];
const WEIGHTS = [[3, 3, 5, 8], [8], [3, 3, 8, 8], [288, 1]];

/** [4, n] -> [4, 1], as a dense layer of tf.layers multiplies: with an axis more. */
const dense = (x: tf.Tensor, kernel: tf.Tensor): tf.Tensor =>
  tf.reshape(tf.matMul(tf.reshape(x, [1, 4, -1]), tf.reshape(kernel, [1, -1, 1])), [4, 1]);

/** Two convolutions and a linear layer. */
const plain: Judge = (images, [first, bias, second, linear]) => {
  const hidden = tf.leakyRelu(tf.add(tf.conv2d(images, first as tf.Tensor4D, 1, "same"), bias), 0.2);
  const more = tf.relu(tf.conv2d(hidden as tf.Tensor4D, second as tf.Tensor4D, 1, "same"));
  return dense(more, linear);
};

/** What D's loss on generated images and G's say of logits. */
const ofD: Loss = (logits) => tf.mean(tf.softplus(logits));
const ofG: Loss = (logits) => tf.mean(tf.softplus(tf.neg(logits)));
const r1: Loss = (logits, images, { gradients }) =>
  tf.mean(tf.sum(tf.square(gradients(tf.sum(logits), [images])[0]), [1, 2, 3]));

/** The first loss's gradients of the weights, the others' of the images. */
function traced(judge: Judge, losses: readonly Loss[], weights = WEIGHTS): Promise<Program> {
  return traceProgram((context) => {
    const images = context.input("images", IMAGES);
    const parameters = weights.map((shape, i) => context.input(`weight ${i}`, shape));
    const logits = judge(images as tf.Tensor4D, parameters);
    const outputs: Record<string, tf.Tensor> = {};
    for (const [i, loss] of losses.entries()) {
      const sources = i === 0 ? parameters : [images];
      const of = context.gradients(loss(logits, images, context), sources);
      for (const [j, gradient] of of.entries()) outputs[`gradient ${j} of loss ${i}`] = gradient;
    }
    return outputs;
  });
}

const countOf = ({ calls }: Program, wanted: string): number =>
  calls.filter(({ kernel }) => kernel === wanted).length;

/** The graph engine shares, the reference engine does not. */
async function expectSameGradients(program: Program): Promise<void> {
  const inputs = arraysFor(program, program.inputs);
  for (const [i, { name }] of program.inputs.entries()) {
    stream(5, "shared", i).fillNormal(inputs[name]);
    // Small weights: a softplus of large logits has no slope that float32 could hold.
    if (name !== "images") for (let j = 0; j < inputs[name].length; j++) inputs[name][j] *= 0.2;
  }
  const actual = await execute(createGraphEngine("test"), program, inputs);
  const expected = await execute(createReferenceEngine(), program, inputs);
  for (const [name, array] of Object.entries(expected)) {
    expect(array.some((value) => value !== 0)).toBe(true);
    expect(relativeError(actual[name], array), name).toBeLessThan(2e-5); // two float32 results, each within 1e-5
  }
}

test("the losses of D and G on the same images go back through D once", async () => {
  const program = await traced(plain, [ofD, ofG]);
  // D needs the gradient of its second convolution's input, G those of both.
  expect(countOf(program, "Conv2DBackpropInput")).toBe(3);
  expect(countOf(rewriteProgram(program), "Conv2DBackpropInput")).toBe(2);
  await expectSameGradients(program);
});

test("a penalty on D's slope goes back with them", async () => {
  const withPenalty: Loss = (...given) => tf.add(ofD(...given), r1(...given));
  const program = await traced(plain, [withPenalty, ofG]);
  expect(countOf(program, "Conv2DBackpropInput")).toBe(5);
  expect(countOf(rewriteProgram(program), "Conv2DBackpropInput")).toBe(2);
  await expectSameGradients(program);
});

test("samples that a loss has no slope at send nothing back", async () => {
  const hinge: Loss = (logits) => tf.mean(tf.relu(tf.add(1, logits))); // flat below -1
  const score: Loss = (logits) => tf.neg(tf.mean(logits));
  await expectSameGradients(await traced(plain, [hinge, score]));
});

test("the pass goes through sums, means, attention, joined channels and images that are moved", async () => {
  const varied: Judge = (images, [first, bias, second, linear]) => {
    const x = tf.add(tf.conv2d(tf.pad(images, [[0, 0], [1, 1], [0, 0], [0, 0]]), first as tf.Tensor4D, 1, "same"), bias) as tf.Tensor4D; // prettier-ignore
    const skip = tf.add(x, tf.conv2d(tf.relu(x), second as tf.Tensor4D, 1, "same"));
    const half = tf.avgPool(skip as tf.Tensor4D, 2, 2, "valid"); // [4, 4, 3, 8]
    const largest = tf.maxPool(skip as tf.Tensor4D, 2, 2, "valid");
    const places = tf.reshape(tf.transpose(tf.concat([half, largest], 3), [0, 2, 1, 3]), [4, 12, 16]);
    const seen = tf.matMul(tf.softmax(tf.matMul(places, places, false, true)), places);
    const features = tf.add(tf.mean(seen, 1), tf.sum(tf.slice(places, [0, 2, 0], [4, 3, 16]), 1));
    return tf.matMul(features, linear);
  };
  const program = await traced(varied, [ofD, ofG], [...WEIGHTS.slice(0, 3), [16, 1]]);
  expect(countOf(program, "Conv2DBackpropInput")).toBe(3);
  expect(countOf(rewriteProgram(program), "Conv2DBackpropInput")).toBe(2);
  await expectSameGradients(program);
});

test("the pass goes through resampling, which puts rows and columns first and the samples between", async () => {
  const resampled: Judge = (images, [first, bias, second, linear]) => {
    const x = tf.add(tf.conv2d(images, first as tf.Tensor4D, 1, "same"), bias);
    const rows = tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [6, 6 * 4 * 16]);
    const half = tf.tensor2d([1, 2, 1, 0, 0, 0, 0, 1, 2, 1, 0, 0, 0, 0, 0, 1, 2, 1], [3, 6]);
    const tall = tf.reshape(tf.matMul(half, rows), [3, 6, 4, 16]);
    const small = tf.transpose(tall, [2, 0, 1, 3]);
    return dense(tf.relu(tf.conv2d(small as tf.Tensor4D, second as tf.Tensor4D, 1, "same")), linear);
  };
  const program = await traced(resampled, [ofD, ofG], [[3, 3, 5, 16], [16], [3, 3, 16, 64], [1152, 1]]);
  expect(countOf(program, "Conv2DBackpropInput")).toBe(3);
  expect(countOf(rewriteProgram(program), "Conv2DBackpropInput")).toBe(2);
  expect(countOf(rewriteProgram(program), "BatchMatMul")).toBe(countOf(program, "BatchMatMul") - 2);
  await expectSameGradients(program);
});

test("the pass goes through a convolution that averages blocks too, whose filter is one for all losses", async () => {
  const halved: Judge = (images, [first, bias, second, linear]) => {
    const x = tf.relu(tf.add(tf.conv2d(images, first as tf.Tensor4D, 1, "same"), bias));
    const y = tf.conv2d(x as tf.Tensor4D, second as tf.Tensor4D, 1, "same");
    return dense(tf.relu(tf.avgPool(y, 2, 2, "valid")), linear);
  };
  const program = await traced(halved, [ofD, ofG], [[3, 3, 5, 16], [16], [3, 3, 16, 64], [576, 1]]);
  expect(countOf(foldResampling(withPixelBlocks(program)), "Conv2DBackpropInput")).toBe(3);
  expect(countOf(rewriteProgram(program), "Conv2DBackpropInput")).toBe(2);
  await expectSameGradients(program);
});

test("where what D says of an image depends on the others, each loss goes back by itself", async () => {
  const normalized: Judge = (images, weights) => {
    const { mean, variance } = tf.moments(images, [0, 1, 2]);
    return plain(tf.batchNorm(images, mean as tf.Tensor1D, variance as tf.Tensor1D), weights);
  };
  const above = await traced(normalized, [ofD, ofG]); // the convolutions are behind it: shared down to there
  expect(countOf(rewriteProgram(above), "Conv2DBackpropInput")).toBe(2);
  await expectSameGradients(above);
  const after: Judge = (images, [first, bias, second, linear]) => {
    const hidden = tf.conv2d(images, first as tf.Tensor4D, 1, "same");
    const last = tf.conv2d(tf.relu(hidden), second as tf.Tensor4D, 1, "same");
    const { mean, variance } = tf.moments(last, [0, 1, 2]);
    const normal = tf.batchNorm(last, mean as tf.Tensor1D, variance as tf.Tensor1D, bias as tf.Tensor1D);
    return tf.matMul(tf.reshape(normal, [4, 288]), linear);
  };
  const before = await traced(after, [ofD, ofG]);
  expect(countOf(rewriteProgram(before), "Conv2DBackpropInput")).toBe(countOf(before, "Conv2DBackpropInput"));
  await expectSameGradients(before);
});

test("a program of one loss stays as it is", async () => {
  const program = await traced(plain, [ofD]);
  expect(shareCotangents(program)).toBe(program);
});
