// tfjs's second way to call an op, `x.mean(axis)` for `tf.mean(x, axis)`, which tfjs core alone does not bring.
import type * as tf from "@tensorflow/tfjs-core";
import { core } from "../../trace/random-ops.ts";

/** Ops of tfjs core that are methods of tensors under their own name, as in the `@tensorflow/tfjs` package. */
const OPS = `abs acos acosh add all any argMax argMin asin asinh atan atan2 atanh avgPool batchNorm batchToSpaceND
  broadcastTo cast ceil clipByValue conv1d conv2d conv2dTranspose cos cosh cumprod cumsum depthToSpace depthwiseConv2d
  dilation2d div divNoNan dot elu equal erf euclideanNorm exp expandDims expm1 floor floorDiv gather greater
  greaterEqual isFinite isInf isNaN leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax
  logSumExp logicalAnd logicalNot logicalOr logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul
  neg norm notEqual oneHot onesLike pad pool pow prelu prod reciprocal relu relu6 reshape reverse round rsqrt selu
  separableConv2d sigmoid sign sin sinh slice softmax softplus spaceToBatchND split sqrt square squaredDifference
  squeeze step stridedSlice sub sum tan tanh tile topk transpose unique unsortedSegmentSum unstack zerosLike`;

type Method = (this: tf.Tensor, ...parameters: never[]) => unknown;

/** Methods that are more than the op of their name. */
const OTHERS: Readonly<Record<string, Method>> = {
  asScalar() {
    return core.reshape(this, []);
  },
  asType(dtype: tf.DataType) {
    return core.cast(this, dtype);
  },
  concat(others: tf.Tensor | tf.Tensor[], axis?: number) {
    return core.concat([this, ...[others].flat()], axis);
  },
  flatten() {
    return core.reshape(this, [this.size]);
  },
  reshapeAs(other: tf.Tensor) {
    return core.reshape(this, other.shape);
  },
  resizeBilinear(size: [number, number], alignCorners?: boolean, halfPixelCenters?: boolean) {
    return core.image.resizeBilinear(this as tf.Tensor4D, size, alignCorners, halfPixelCenters);
  },
  resizeNearestNeighbor(size: [number, number], alignCorners?: boolean, halfPixelCenters?: boolean) {
    return core.image.resizeNearestNeighbor(this as tf.Tensor4D, size, alignCorners, halfPixelCenters);
  },
  stack(others: tf.Tensor | tf.Tensor[], axis?: number) {
    return core.stack([this, ...[others].flat()], axis);
  },
  toBool() {
    return core.cast(this, "bool");
  },
  toFloat() {
    return core.cast(this, "float32");
  },
  toInt() {
    return core.cast(this, "int32");
  },
  where(condition: tf.Tensor, otherwise: tf.Tensor) {
    return core.where(condition, this, otherwise);
  },
};

/** Gives every tensor the methods that it lacks. */
export function addChainedOps(): void {
  const prototype = core.Tensor.prototype as unknown as Record<string, Method | undefined>;
  const ops = core as unknown as Readonly<Record<string, (...parameters: unknown[]) => unknown>>;
  for (const name of OPS.split(/\s+/)) {
    prototype[name] ??= function (...parameters) {
      return ops[name](this, ...parameters);
    };
  }
  for (const rank of [1, 2, 3, 4, 5]) {
    prototype[`as${rank}D`] ??= function (...shape) {
      return core.reshape(this, shape);
    };
  }
  for (const [name, method] of Object.entries(OTHERS)) prototype[name] ??= method;
}
