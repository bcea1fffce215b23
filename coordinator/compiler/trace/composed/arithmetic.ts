// Arithmetic made of simpler arithmetic: it costs an executor nothing, and differentiates to any order.
import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../../../../shared/program/program.ts";
import { wrap } from "../../../../shared/program/shapes/infer.ts";
import {
  type Recorder,
  type Compose,
  type Compositions,
  concat,
  reshape,
  run,
  sliceAlong,
  uniform,
} from "./compose.ts";
import { einsum } from "./einsum.ts";

export const ARITHMETIC: Compositions = {
  /** dy where y ≥ 0, dy · (y + 1) below, as y + 1 = exp(x) there. */
  EluGrad: ({ dy, y }) => {
    const slope = tf.add(tf.minimum(y as tf.Tensor, 0), 1);
    return run("Multiply", { a: dy, b: slope });
  },
  All: logical("Min"),
  Any: logical("Max"),
  /** tfjs's own kernel and gradient go wrong where the axis is counted from the end. */
  Cumsum: (inputs, attributes, recorder) => {
    const axis = wrap(attributes["axis"] as number, inputs["x"]!.shape.length);
    return recorder.record("Cumsum", inputs, { ...attributes, axis });
  },
  Cumprod: ({ x }, { axis, exclusive, reverse }, recorder) =>
    runningProduct(recorder, x!, axis as number, exclusive === true, reverse === true),
  Einsum: (inputs, { equation }) =>
    einsum(
      equation as string,
      Object.values(inputs).map((input) => input!),
    ),
  /** y = x · (bias + α Σ x²)^-β, the sum over the neighboring channels (Krizhevsky et al. 2012). */
  LRN: ({ x }, attributes, recorder) => {
    const { norm, beta } = normalizer(recorder, x!, attributes);
    return run("Multiply", { a: x, b: tf.pow(norm, -beta) });
  },
  LRNGrad: ({ x, y, dy }, attributes, recorder) => {
    const { norm, alpha, beta, neighbors } = normalizer(recorder, x!, attributes);
    const own = tf.mul(dy as tf.Tensor, tf.pow(norm, -beta));
    const shared = neighbors(tf.div(tf.mul(dy as tf.Tensor, y as tf.Tensor), norm));
    return tf.sub(own, tf.mul(tf.mul(shared, x as tf.Tensor), 2 * alpha * beta));
  },
};

/** All are true where the least is, any is where the greatest is. */
function logical(reduction: "Min" | "Max"): Compose {
  return ({ x }, { axis, keepDims }) => {
    const numbers = run("Cast", { x }, { dtype: "int32" });
    const extreme = run(reduction, { x: numbers }, { axis, reductionIndices: axis, keepDims });
    return run("Cast", { x: extreme }, { dtype: "bool" });
  };
}

/** In log₂ n steps: with p[i] the product of the 2ᵏ elements up to i, p[i] · p[i - 2ᵏ] is that of 2ᵏ⁺¹. */
function runningProduct(
  recorder: Recorder,
  given: tf.TensorInfo,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
): tf.TensorInfo {
  const along = wrap(axis, given.shape.length);
  const size = given.shape[along];
  const numbers = given.dtype === "bool" ? run("Cast", { x: given }, { dtype: "int32" }) : given;
  const turn = (x: tf.TensorInfo): tf.TensorInfo => (reverse ? run("Reverse", { x }, { dims: [along] }) : x);
  /** Moved by some places towards the end; ones come in. */
  const shifted = (x: tf.TensorInfo, places: number): tf.TensorInfo => {
    const shape = x.shape.with(along, places);
    const ones = uniform(recorder, shape, x.dtype as "float32" | "int32", 1);
    return concat([ones, sliceAlong(x, along, 0, size - places)], along);
  };
  let product = turn(numbers);
  if (exclusive && size > 0) product = shifted(product, 1);
  for (let step = 1; step < size; step *= 2)
    product = run("Multiply", { a: product, b: shifted(product, step) });
  return turn(product);
}

/** What LRN divides by, before the power: bias + α · (x² summed over `depthRadius` channels on both sides). */
function normalizer(
  recorder: Recorder,
  x: tf.TensorInfo,
  attributes: Readonly<Record<string, unknown>>,
): { norm: tf.Tensor; alpha: number; beta: number; neighbors: (values: tf.Tensor) => tf.Tensor } {
  const { depthRadius, bias, alpha, beta } = attributes as Record<string, number>;
  const channels = x.shape.at(-1)!;
  const band = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.abs(Math.floor(i / channels) - (i % channels)) <= depthRadius ? 1 : 0,
  );
  const near = recorder.constant(band, { shape: [channels, channels], dtype: "float32" });
  const pixels = sizeOf(x.shape.slice(0, -1));
  const neighbors = (values: tf.Tensor): tf.Tensor =>
    reshape(
      run(
        "BatchMatMul",
        { a: reshape(values, [pixels, channels]), b: near },
        { transposeA: false, transposeB: false },
      ),
      x.shape,
    );
  const norm = tf.add(tf.mul(neighbors(tf.square(x as tf.Tensor)), alpha), bias);
  return { norm, alpha, beta, neighbors };
}
