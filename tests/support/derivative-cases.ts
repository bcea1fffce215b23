// What is differentiated twice: every activation, and every op of tfjs core that layers and losses are made of.
import { groupedConv2d } from "../../shared/program/grouped-convolution.ts";
import type { DerivativeCase, Differentiable } from "./derivatives.ts";

type Image = never; // tf's convolutions want tensors of rank 4, which the cases see to

const on = (
  inputs: readonly (readonly number[])[],
  name: string,
  f: Differentiable,
  range?: readonly [number, number],
): DerivativeCase => ({ name: `${name} ${JSON.stringify(inputs)}`, inputs, f, ...(range && { range }) });

const unary = (name: string, f: Differentiable, range?: readonly [number, number]): DerivativeCase =>
  on([[3, 4]], name, f, range);

/** Equal shapes, and each broadcast to the other. */
const binary = (name: string, f: Differentiable, range?: readonly [number, number]): DerivativeCase[] =>
  [[[2, 3], [2, 3]], [[2, 1, 3], [4, 1]], [[3], [2, 3]], [[2, 3], []]].map((inputs) => on(inputs, name, f, range)); // prettier-ignore

const POSITIVE = [0.2, 3] as const;
const UNIT = [-0.9, 0.9] as const;
const WIDE = [-4, 10] as const;

export const ACTIVATIONS: readonly DerivativeCase[] = [
  unary("elu", (tf, x) => tf.elu(x)),
  unary("selu", (tf, x) => tf.selu(x)),
  unary("relu", (tf, x) => tf.relu(x)),
  unary("relu6", (tf, x) => tf.relu6(x), WIDE),
  unary("leakyRelu", (tf, x) => tf.leakyRelu(x, 0.2)),
  unary("sigmoid", (tf, x) => tf.sigmoid(x)),
  unary("hardSigmoid", (tf, x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1), WIDE),
  unary("softplus", (tf, x) => tf.softplus(x)),
  unary("softsign", (tf, x) => tf.div(x, tf.add(tf.abs(x), 1))),
  unary("tanh", (tf, x) => tf.tanh(x)),
  unary("softmax", (tf, x) => tf.softmax(x)),
  unary("logSoftmax", (tf, x) => tf.logSoftmax(x)),
  unary("logSigmoid", (tf, x) => tf.logSigmoid(x)),
  unary("swish", (tf, x) => tf.mul(x, tf.sigmoid(x))),
  unary("mish", (tf, x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  unary("gelu", (tf, x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.div(x, Math.SQRT2)), 1))),
  on([[3, 4], [4]], "prelu", (tf, x, alpha) => tf.prelu(x, alpha)), // prettier-ignore
];

export const ELEMENTWISE: readonly DerivativeCase[] = [
  unary("abs", (tf, x) => tf.abs(x)),
  unary("acos", (tf, x) => tf.acos(x), UNIT),
  unary("acosh", (tf, x) => tf.acosh(x), [1.5, 4]),
  unary("asin", (tf, x) => tf.asin(x), UNIT),
  unary("asinh", (tf, x) => tf.asinh(x)),
  unary("atan", (tf, x) => tf.atan(x)),
  unary("atanh", (tf, x) => tf.atanh(x), UNIT),
  unary("cos", (tf, x) => tf.cos(x)),
  unary("cosh", (tf, x) => tf.cosh(x)),
  // tfjs's erf is a polynomial within 1.5e-7 of it, and its derivative only within 1e-5 of the derivative
  { ...unary("erf", (tf, x) => tf.erf(x)), tolerance: 1e-4 },
  unary("exp", (tf, x) => tf.exp(x)),
  unary("expm1", (tf, x) => tf.expm1(x)),
  unary("log", (tf, x) => tf.log(x), POSITIVE),
  unary("log1p", (tf, x) => tf.log1p(x), POSITIVE),
  unary("reciprocal", (tf, x) => tf.reciprocal(x), POSITIVE),
  unary("rsqrt", (tf, x) => tf.rsqrt(x), POSITIVE),
  unary("sqrt", (tf, x) => tf.sqrt(x), POSITIVE),
  unary("square", (tf, x) => tf.square(x)),
  unary("sin", (tf, x) => tf.sin(x)),
  unary("sinh", (tf, x) => tf.sinh(x)),
  unary("tan", (tf, x) => tf.tan(x), UNIT),
  unary("clipByValue", (tf, x) => tf.clipByValue(x, -0.5, 0.7)),
  unary("what is flat", (tf, x) =>
    tf.addN([tf.floor(x), tf.ceil(x), tf.round(x), tf.sign(x), tf.step(x), tf.square(x)]),
  ),
  ...binary("add", (tf, a, b) => tf.add(a, b)),
  ...binary("sub", (tf, a, b) => tf.sub(a, b)),
  ...binary("mul", (tf, a, b) => tf.mul(a, b)),
  ...binary("div", (tf, a, b) => tf.div(a, b), POSITIVE),
  ...binary("pow", (tf, a, b) => tf.pow(a, b), POSITIVE),
  ...binary("squaredDifference", (tf, a, b) => tf.squaredDifference(a, b)),
  ...binary("maximum", (tf, a, b) => tf.maximum(a, b)),
  ...binary("minimum", (tf, a, b) => tf.minimum(a, b)),
  ...binary("atan2", (tf, a, b) => tf.atan2(a, b), POSITIVE),
  ...binary("mod", (tf, a, b) => tf.mod(a, b), [0.5, 2.1]),
  ...binary("where", (tf, a, b) => tf.where(tf.greater(a, b), tf.square(a), tf.mul(a, b))),
  on([[2, 3], [2, 3], [2, 3]], "addN", (tf, ...xs) => tf.square(tf.addN(xs))), // prettier-ignore
  unary("pow 3 of what may be negative", (tf, x) => tf.pow(x, tf.scalar(3))),
];

export const REDUCTIONS: readonly DerivativeCase[] = [
  ...(["sum", "mean", "max", "min", "prod"] as const).flatMap((name) =>
    [undefined, 0, -1, [0, 2]].map((axis) =>
      on([[3, 2, 3]], `${name} over ${JSON.stringify(axis) ?? "all"}`, (tf, x) => tf[name](x, axis), [0.4, 1.6]),
    ),
  ),
  on([[4, 3]], "prod, kept", (tf, x) => tf.prod(x, 0, true)),
  on([[3, 4]], "logSumExp", (tf, x) => tf.logSumExp(x, -1)),
  on([[3, 4]], "norm", (tf, x) => tf.norm(x, 2, -1)),
  on([[3, 4]], "norm 1", (tf, x) => tf.norm(x, 1, 0)),
  on([[3, 2, 2, 2]], "moments", (tf, x) => {
    const { mean, variance } = tf.moments(x, [0, 1, 2]);
    return tf.add(mean, tf.sqrt(variance));
  }),
  ...[0, 1, 2].flatMap((axis) =>
    [[false, false], [true, false], [false, true], [true, true]].map(([exclusive, reverse]) =>
      on([[2, 3, 2]], `cumsum on axis ${axis}${exclusive ? ", exclusive" : ""}${reverse ? ", reverse" : ""}`,
        (tf, x) => tf.cumsum(x, axis, exclusive, reverse)),
    ),
  ),
  on([[2, 2, 2, 3], [3], [3], [3], [3]], "batchNorm", (tf, x, mean, variance, offset, scale) =>
    tf.batchNorm(x, mean, variance, offset, scale, 1e-3), POSITIVE),
  // tfjs's CPU kernel takes mean and variance to be those of the last axis, whatever their shape
  {
    ...on([[2, 3, 2, 2], [1, 3, 1, 1], [1, 3, 1, 1], [1, 3, 1, 1], [1, 3, 1, 1]], "batchNorm on axis 1", (tf, x, mean, variance, offset, scale) => tf.batchNorm(x, mean, variance, offset, scale, 1e-3), POSITIVE),
    oracle: (tf, x, mean, variance, offset, scale) => tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3))), scale), offset),
  },
  on([[4, 3], [3], [3]], "batchNorm without scale", (tf, x, mean, variance) =>
    tf.batchNorm(x, mean, variance, undefined, undefined, 1e-3), POSITIVE),
]; // prettier-ignore

export const SHAPING: readonly DerivativeCase[] = [
  on([[2, 6]], "reshape, transpose, expandDims, squeeze", (tf, x) => tf.squeeze(tf.expandDims(tf.transpose(tf.reshape(x, [3, 2, 2]), [2, 0, 1]), 0))),
  on([[3, 4]], "slice", (tf, x) => tf.slice(x, [1, 1], [2, -1])),
  on([[3, 2], [3, 1]], "concat", (tf, a, b) => tf.concat([a, b], 1)),
  on([[3, 4]], "split", (tf, x) => { const [a, b] = tf.split(x, [1, 3], 1); return tf.mul(a, b); }),
  on([[2, 3], [2, 3]], "stack", (tf, a, b) => tf.stack([a, b], 1)),
  on([[3, 4]], "unstack", (tf, x) => { const [a, b] = tf.unstack(x); return tf.mul(a, b); }),
  on([[2, 3]], "tile", (tf, x) => tf.tile(x, [2, 3])),
  on([[3]], "tile a vector", (tf, x) => tf.tile(x, [3])),
  on([[1, 2, 1, 2, 1]], "tile rank 5", (tf, x) => tf.tile(x, [2, 1, 3, 1, 2])),
  on([[2, 1, 3]], "broadcastTo", (tf, x) => tf.broadcastTo(x, [2, 2, 4, 3])),
  on([[2, 3]], "pad", (tf, x) => tf.pad(x, [[1, 2], [0, 1]], 0.5)),
  on([[3, 4]], "mirrorPad reflect", (tf, x) => tf.mirrorPad(x, [[2, 1], [0, 3]], "reflect")),
  on([[3, 4]], "mirrorPad symmetric", (tf, x) => tf.mirrorPad(x, [[3, 1], [1, 4]], "symmetric")),
  on([[3, 4]], "reverse", (tf, x) => tf.reverse(x, [0, 1])),
  on([[4, 3]], "gather", (tf, x) => tf.gather(x, tf.tensor1d([2, 0, 2], "int32"))),
  on([[3, 4]], "gather on axis 1 by a matrix", (tf, x) => tf.gather(x, tf.tensor2d([[3, 1], [1, 0]], [2, 2], "int32"), 1)),
  on([[2, 3, 2]], "gather by batch", (tf, x) => tf.gather(x, tf.tensor2d([[2, 2], [0, 1]], [2, 2], "int32"), 1, 1)),
  on([[2, 2, 3]], "gather by batch on the last axis", (tf, x) => tf.gather(x, tf.tensor2d([[2, 2], [0, 1]], [2, 2], "int32"), 2, 1)),
  on([[4, 3]], "unsortedSegmentSum", (tf, x) => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1, 2], "int32"), 3)),
  on([[5, 4]], "stridedSlice", (tf, x) => tf.stridedSlice(x, [0, 1], [5, 4], [2, 1])),
  on([[4, 3]], "oneHot and mask", (tf, x) => tf.mul(x, tf.oneHot(tf.tensor1d([0, 2, 1, 0], "int32"), 3))),
  on([[2, 2, 2, 4]], "depthToSpace", (tf, x) => tf.depthToSpace(x as Image, 2)),
  on([[2, 3], [3, 2]], "matMul", (tf, a, b) => tf.matMul(a, b)),
  on([[3, 2], [2, 3]], "matMul, both transposed", (tf, a, b) => tf.matMul(a, b, true, true)),
  on([[3, 2], [3, 2]], "matMul, a transposed", (tf, a, b) => tf.matMul(a, b, true, false)),
  on([[2, 3], [2, 3]], "matMul, b transposed", (tf, a, b) => tf.matMul(a, b, false, true)),
  on([[1, 2, 3], [2, 3, 2]], "matMul, broadcast batch", (tf, a, b) => tf.matMul(a, b)),
  on([[2, 3], [3, 2]], "einsum", (tf, a, b) => tf.einsum("ij,jk->ki", a, b)),
  on([[1, 2, 3, 2]], "flipLeftRight", (tf, x) => tf.image.flipLeftRight(x as Image)),
  on([[1, 3, 4, 2]], "spaceToBatchND and back", (tf, x) => tf.batchToSpaceND(tf.square(tf.spaceToBatchND(x, [2, 2], [[0, 1], [0, 0]])), [2, 2], [[0, 1], [0, 0]])),
  on([[3, 3]], "linalg.bandPart", (tf, x) => tf.linalg.bandPart(x, 1, 0)),
  on([[5]], "cumprod", (tf, x) => tf.cumprod(x, 0)),
  on([[4, 2]], "gatherND", (tf, x) => tf.gatherND(x, tf.tensor2d([[3, 1], [0, 0], [3, 1]], [3, 2], "int32"))),
  on([[4], [4]], "dot", (tf, a, b) => tf.dot(a, b)),
]; // prettier-ignore

type Pad = "same" | "valid" | number;
type Pair = [number, number];

const conv = (x: number[], w: number[], strides: number | Pair, pad: Pad, dilations: number | Pair = 1): DerivativeCase =>
  on([x, w], `conv2d, strides ${String(strides)}, ${pad}, dilations ${String(dilations)}`, (tf, a, b) => tf.conv2d(a as Image, b as Image, strides, pad, "NHWC", dilations)); // prettier-ignore

const depthwise = (x: number[], w: number[], strides: number | Pair, pad: Pad, dilations: number | Pair = 1): DerivativeCase =>
  on([x, w], `depthwiseConv2d, strides ${String(strides)}, ${pad}, dilations ${String(dilations)}`, (tf, a, b) => tf.depthwiseConv2d(a as Image, b as Image, strides, pad, "NHWC", dilations)); // prettier-ignore

/** tfjs has none: in float64 they are convolutions group by group. */
const grouped = (groups: number, x: number[], filter: number[], strides: number | Pair, pad: Pad): DerivativeCase => ({
  ...on([x, filter], `grouped conv2d, ${groups} groups, strides ${String(strides)}, ${pad}`, (_tf, a, b) => groupedConv2d(a, b, { strides, padding: pad })),
  oracle: (tf, a, b) => tf.concat(tf.split(a, groups, 3).map((part, i) => tf.conv2d(part as Image, tf.split(b, groups, 3)[i] as Image, strides, pad)), 3),
}); // prettier-ignore

export const IMAGES: readonly DerivativeCase[] = [
  grouped(2, [2, 4, 3, 4], [3, 3, 2, 4], 1, "same"),
  grouped(3, [1, 5, 4, 3], [3, 2, 1, 6], 2, "same"),
  grouped(2, [2, 4, 4, 4], [3, 3, 2, 2], 1, "valid"),
  grouped(2, [1, 3, 4, 2], [3, 3, 1, 4], 1, 1),
  conv([1, 4, 3, 2], [3, 2, 2, 2], 1, "same"),
  conv([2, 5, 4, 1], [3, 3, 1, 2], 2, "same"),
  conv([1, 5, 5, 1], [2, 3, 1, 2], [2, 1], "valid"),
  conv([1, 4, 4, 1], [3, 3, 1, 1], 1, 2),
  conv([1, 5, 6, 1], [3, 3, 1, 2], 1, "same", 2),
  conv([2, 7, 5, 1], [3, 2, 1, 2], 1, "valid", [3, 2]),
  conv([1, 4, 5, 2], [2, 2, 2, 1], 1, 1, 2),
  depthwise([1, 4, 3, 2], [3, 2, 2, 2], 1, "same"),
  depthwise([2, 5, 4, 2], [3, 3, 2, 1], 2, "same"),
  depthwise([1, 5, 4, 1], [2, 2, 1, 2], 1, "valid", 2),
  depthwise([1, 5, 6, 2], [3, 2, 2, 1], 1, "same", [2, 3]),
  on([[1, 4, 4, 2], [2, 2, 2, 1], [1, 1, 2, 2]], "separableConv2d", (tf, x, d, p) => tf.separableConv2d(x as Image, d as Image, p as Image, 1, "same")),
  on([[1, 2, 3, 2], [3, 3, 1, 2]], "conv2dTranspose", (tf, x, w) => tf.conv2dTranspose(x as Image, w as Image, [1, 4, 6, 1], 2, "same")),
  on([[2, 5, 2], [3, 2, 2]], "conv1d", (tf, x, w) => tf.conv1d(x as Image, w as Image, 2, "same")),
  on([[1, 6, 2], [3, 2, 2]], "conv1d, dilated", (tf, x, w) => tf.conv1d(x as Image, w as Image, 1, "valid", "NWC", 2)),
  ...([[2, 2, "valid"], [3, 2, "same"], [3, 1, "same"], [2, 3, "valid"], [[2, 3], [2, 1], "same"], [3, 2, 1]] as [number | Pair, number | Pair, Pad][]).flatMap(([size, strides, pad]) =>
    (["maxPool", "avgPool"] as const).map((name) =>
      on([[2, 5, 4, 2]], `${name} ${JSON.stringify(size)}, strides ${String(strides)}, ${pad}`, (tf, x) => tf[name](x as Image, size, strides, pad)),
    ),
  ),
  // ONNX Runtime moves a padding between convolution and pooling into the pooling, where it may
  ...(["maxPool", "avgPool"] as const).flatMap((name) =>
    ([[2, 1, "valid"], [3, 1, "same"], [2, 1, "same"], [3, 2, 1]] as [number, number, Pad][]).map(([size, strides, pad]) =>
      on([[1, 3, 2, 2], [1, 1, 2, 2]], `${name} ${size}, strides ${strides}, ${String(pad)}, of a padded convolution`, (tf, x, w) =>
        tf[name](tf.pad(tf.conv2d(x as Image, w as Image, 1, "same"), [[0, 0], [1, 0], [0, 2], [0, 0]]), size, strides, pad)),
    ),
  ),
  ...(["resizeNearestNeighbor", "resizeBilinear"] as const).flatMap((name) =>
    ([[6, 8], [5, 7], [2, 3], [1, 1]] as Pair[]).flatMap((size) =>
      [[false, false], [true, false], [false, true]].map(([align, half]) =>
        on([[2, 3, 4, 2]], `${name} to ${String(size)}${align ? ", corners aligned" : ""}${half ? ", half pixels" : ""}`, (tf, x) => tf.image[name](x as Image, size, align, half)),
      ),
    ),
  ),
  on([[1, 3, 3, 4]], "localResponseNormalization", (tf, x) => tf.localResponseNormalization(x as Image, 1, 1, 0.5, 0.5)),
]; // prettier-ignore

/** tfjs's own losses, of predictions for fixed labels; [3, 4]. */
const loss = (name: string, f: Differentiable, range?: readonly [number, number]): DerivativeCase =>
  on([[3, 4]], name, f, range);

const LABELS = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]; // prettier-ignore

export const LOSSES: readonly DerivativeCase[] = [
  loss("absoluteDifference", (tf, x) => tf.losses.absoluteDifference(LABELS, x), [-2, -0.1]),
  loss("cosineDistance", (tf, x) => tf.losses.cosineDistance(LABELS, x, 1)),
  loss("hingeLoss", (tf, x) => tf.losses.hingeLoss(LABELS, x)),
  loss("huberLoss", (tf, x) => tf.losses.huberLoss(LABELS, x)),
  loss("logLoss", (tf, x) => tf.losses.logLoss(LABELS, x), [0.1, 0.9]),
  loss("meanSquaredError", (tf, x) => tf.losses.meanSquaredError(LABELS, x)),
  loss("meanSquaredError, weighted", (tf, x) => tf.losses.meanSquaredError(LABELS, x, [[1], [0], [2]])),
  loss("sigmoidCrossEntropy, smoothed", (tf, x) => tf.losses.sigmoidCrossEntropy(LABELS, x, undefined, 0.1)),
  loss("softmaxCrossEntropy", (tf, x) => tf.losses.softmaxCrossEntropy(LABELS, x)),
  loss("categoricalCrossentropy", (tf, x) => tf.metrics.categoricalCrossentropy(tf.tensor2d(LABELS), x), [0.1, 0.9]),
  loss("binaryCrossentropy", (tf, x) => tf.metrics.binaryCrossentropy(tf.tensor2d(LABELS), x), [0.1, 0.9]),
]; // prettier-ignore
