// Cases for what losses and layers of one's own are written in: whole tfjs functions of several kernels.
import * as tf from "@tensorflow/tfjs-core";
import type { OracleCase } from "../oracle.ts";

type Image = tf.Tensor4D;

const labels = (): tf.Tensor2D => tf.tensor2d([[0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 1, 0]]); // prettier-ignore

const loss = (name: string, f: (x: tf.Tensor) => tf.Tensor, more: Partial<OracleCase> = {}): OracleCase => ({
  name: `loss: ${name}`,
  inputs: [[4, 3]],
  f,
  ...more,
});

const ops = (name: string, shape: number[], f: (x: tf.Tensor) => tf.Tensor, more: Partial<OracleCase> = {}): OracleCase => ({
  name: `op: ${name}`,
  inputs: [shape],
  f,
  ...more,
}); // prettier-ignore

export const LOSSES: readonly OracleCase[] = [
  loss("absoluteDifference", (x) => tf.losses.absoluteDifference(labels(), x)),
  loss("meanSquaredError", (x) => tf.losses.meanSquaredError(labels(), x)),
  loss("meanSquaredError, weighted", (x) => tf.losses.meanSquaredError(labels(), x, tf.tensor2d([[1], [0], [2], [0]]))),
  loss("cosineDistance", (x) => tf.losses.cosineDistance(labels(), x, 1)),
  loss("hingeLoss", (x) => tf.losses.hingeLoss(labels(), x)),
  loss("huberLoss", (x) => tf.losses.huberLoss(labels(), x)),
  loss("logLoss", (x) => tf.losses.logLoss(labels(), tf.sigmoid(x))),
  loss("sigmoidCrossEntropy, smoothed", (x) => tf.losses.sigmoidCrossEntropy(labels(), x, undefined, 0.1)),
  loss("softmaxCrossEntropy", (x) => tf.losses.softmaxCrossEntropy(labels(), x)),
  loss("softmaxCrossEntropy, smoothed", (x) => tf.losses.softmaxCrossEntropy(labels(), x, undefined, 0.1)),
  loss("non-saturating", (x) => tf.mean(tf.softplus(tf.neg(x)))),
  loss("log of a clipped sigmoid", (x) => tf.neg(tf.mean(tf.log(tf.clipByValue(tf.sigmoid(x), 1e-7, 1 - 1e-7))))),
  loss("logSigmoid", (x) => tf.mean(tf.logSigmoid(x))),
  loss("hinge", (x) => tf.mean(tf.relu(tf.sub(1, x)))),
  loss("least squares", (x) => tf.mean(tf.square(tf.sub(x, 1)))),
  loss("relativistic", (x) => tf.mean(tf.softplus(tf.neg(tf.sub(x, tf.mean(x, 0, true)))))),
  loss("entropy of a softmax", (x) => tf.neg(tf.mean(tf.sum(tf.mul(tf.softmax(x), tf.logSoftmax(x)), 1)))),

  ops("logSumExp", [3, 4], (x) => tf.logSumExp(x, 1, true)),
  ops("norm", [3, 4], (x) => tf.norm(x)),
  ops("norm over rows", [3, 4], (x) => tf.norm(x, "euclidean", 1)),
  ops("norm of order 1", [3, 4], (x) => tf.norm(x, 1, 1)),
  ops("norm of order ∞", [3, 4], (x) => tf.norm(x, Infinity, 1)),
  ops("norm of order -∞", [3, 4], (x) => tf.norm(x, -Infinity, 0)),
  ops("norm of a matrix, order 1", [3, 4], (x) => tf.norm(x, 1, [0, 1])),
  ops("moments", [4, 3, 2, 5], (x) => { const { mean, variance } = tf.moments(x, [0, 1, 2], true); return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))); }),
  ops("layer normalization", [4, 6], (x) => { const { mean, variance } = tf.moments(x, -1, true); return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))); }),
  ops("instance normalization", [2, 4, 3, 3], (x) => { const { mean, variance } = tf.moments(x, [1, 2], true); return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))); }),
  ops("pixel normalization", [2, 3, 3, 4], (x) => tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-8)))),
  ops("batchNorm without scale and offset", [2, 3, 3, 4], (x) => tf.batchNorm(x, tf.tensor1d([0.1, 0.2, 0.3, 0.4]), tf.tensor1d([1, 2, 3, 4])), { gradient: (x) => tf.div(tf.sub(x, tf.tensor1d([0.1, 0.2, 0.3, 0.4])), tf.sqrt(tf.add(tf.tensor1d([1, 2, 3, 4]), 1e-3))) }),
  ops("swish", [3, 4], (x) => tf.mul(x, tf.sigmoid(x))),
  ops("mish", [3, 4], (x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  ops("gelu", [3, 4], (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))),
  ops("gelu by tanh", [3, 4], (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(tf.mul(tf.add(x, tf.mul(tf.pow(x, 3), 0.044715)), 0.7978845608)), 1))),
  ops("hard sigmoid", [3, 4], (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1)),
  ops("softsign", [3, 4], (x) => tf.div(x, tf.add(tf.abs(x), 1))),
  ops("outerProduct", [4], (x) => tf.outerProduct(x as tf.Tensor1D, x as tf.Tensor1D)),
  ops("meshgrid", [3], (x) => { const [a, b] = tf.meshgrid(x, tf.range(0, 4)); return tf.add(tf.mul(a, 2), b); }, { gradient: false }),
  ops("bandPart", [2, 4, 5], (x) => tf.linalg.bandPart(x, 1, 2)),
  ops("confusionMatrix", [6], (x) => tf.math.confusionMatrix(tf.cast(tf.greater(x, 0), "int32"), tf.tensor1d([0, 1, 1, 0, 1, 0], "int32"), 2), { gradient: false }),
  ops("squeeze and stack", [1, 3, 1], (x) => tf.stack([tf.squeeze(x), tf.squeeze(x)])),
  ops("pool", [1, 6, 6, 2], (x) => tf.pool(x as Image, [2, 2], "max", "valid")),
  ops("dilated pool", [1, 7, 7, 2], (x) => tf.pool(x as Image, [2, 2], "max", "same", [2, 2])),
  ops("zeroPad and crop", [2, 3, 3, 2], (x) => tf.slice(tf.pad4d(x as Image, [[0, 0], [1, 2], [0, 1], [0, 0]]), [0, 1, 0, 0], [-1, 4, 3, -1])),
  ops("separate rows by booleans", [4, 3], (x) => tf.mul(x, tf.expandDims(tf.cast(tf.greater(tf.sum(x, 1), 0), "float32"), 1)), { gradient: false }),
  ops("minibatch standard deviation", [4, 3, 3, 2], (x) => { const groups = tf.reshape(x, [2, 2, 3, 3, 2]); const deviation = tf.sqrt(tf.add(tf.mean(tf.square(tf.sub(groups, tf.mean(groups, 0, true))), 0), 1e-8)); return tf.concat([x, tf.tile(tf.mean(deviation, [1, 2, 3], true), [2, 3, 3, 1])], 3); }),
  ops("self-attention", [2, 6, 4], (x) => tf.matMul(tf.softmax(tf.matMul(x, x, false, true)), x)),
  ops("total variation", [2, 4, 5, 1], (x) => tf.sum(tf.abs(tf.sub(tf.slice(x, [0, 1, 0, 0]), tf.slice(x, [0, 0, 0, 0], [-1, 3, -1, -1]))))),
  ops("mixup with a permuted batch", [3, 4], (x) => tf.add(tf.mul(x, 0.7), tf.mul(tf.gather(x, tf.tensor1d([2, 0, 1], "int32")), 0.3))),
  { name: "op: fused matMul, bias and elu", inputs: [[3, 4], [4, 5], [5]], f: (a, b, bias) => tf.fused.matMul({ a, b, bias, activation: "elu" }), gradient: (a, b, bias) => tf.elu(tf.add(tf.matMul(a, b), bias)) },
  { name: "op: fused conv2d, bias and leakyRelu", inputs: [[1, 5, 5, 2], [3, 3, 2, 3], [3]], f: (x, w, bias) => tf.fused.conv2d({ x: x as Image, filter: w as Image, strides: 1, pad: "same", bias, activation: "leakyrelu", leakyreluAlpha: 0.3 }), gradient: (x, w, bias) => tf.leakyRelu(tf.add(tf.conv2d(x as Image, w as Image, 1, "same"), bias), 0.3) },
  { name: "op: matMul, one matrix for every batch", inputs: [[2, 3, 4], [1, 4, 5]], f: (a, b) => tf.matMul(a, b), gradient: (a, b) => tf.matMul(a, tf.concat([b, b], 0)) },
  { name: "op: matMul, batches broadcast both ways", inputs: [[2, 1, 3, 4], [1, 3, 4, 2]], f: (a, b) => tf.matMul(a, b), eager: (a, b) => tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1])), gradient: (a, b) => tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1])) },
  { name: "op: dot of a matrix and a vector", inputs: [[3, 4], [4]], f: (a, b) => tf.dot(a, b) },
]; // prettier-ignore
