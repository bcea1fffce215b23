// Random ops inside a traced step: recorded as inputs that the run's seeded generator fills, never as constants.
import { createRequire } from "node:module";
import type * as tf from "@tensorflow/tfjs-core";
import type { Distribution } from "../../../shared/program/program.ts";

/** tfjs core as its own packages see it: one mutable object, read at every call. */
export const core = createRequire(import.meta.url)("@tensorflow/tfjs-core") as typeof tf;

/** Adds an input of this distribution to the program that is being traced. */
export type DrawInput = (distribution: Distribution, shape: readonly number[]) => tf.Tensor;

/**
 * Until the returned function is called, `tf.randomNormal`, `tf.dropout` and their like, called by the layers of
 * tf.layers or through a model context's `tf`, take their numbers from `draw`. Seeds given to them are ignored: a
 * fixed one would repeat the same mask in every step. `tfjs` is the copy of tfjs that is meant, should there be several.
 */
export function redirectRandomOps(draw: DrawInput, tfjs: typeof tf = core): () => void {
  const target = tfjs as unknown as Record<string, unknown>;
  const originals = Object.entries(recordedOps(draw, tfjs)).map(([name, op]) => {
    const original = target[name];
    target[name] = op;
    return [name, original] as const;
  });
  return () => {
    for (const [name, original] of originals) target[name] = original;
  };
}

type Shape = readonly number[];

function recordedOps(
  draw: DrawInput,
  { add, cast, clone, div, floor, mul, round }: typeof tf,
): Record<string, (...parameters: never[]) => tf.Tensor> {
  const uniform = (shape: Shape, least = 0, most = 1, dtype: tf.DataType = "float32"): tf.Tensor => {
    const values = add(mul(draw("uniform", shape), most - least), least);
    return dtype === "int32" ? cast(floor(values), "int32") : cast(values, dtype);
  };
  const gaussian =
    (distribution: "normal" | "truncated normal") =>
    (shape: Shape, mean = 0, deviation = 1, dtype: tf.DataType = "float32"): tf.Tensor => {
      const values = add(mul(draw(distribution, shape), deviation), mean);
      return dtype === "int32" ? cast(round(values), "int32") : cast(values, dtype);
    };
  return {
    randomUniform: uniform,
    randomUniformInt: (shape: Shape, least: number, most: number) => uniform(shape, least, most, "int32"),
    randomNormal: gaussian("normal"),
    randomStandardNormal: (shape: Shape, dtype?: tf.DataType) => gaussian("normal")(shape, 0, 1, dtype),
    truncatedNormal: gaussian("truncated normal"),
    /** Srivastava et al. 2014, scaled while training: x · ⌊u + keep⌋ / keep, u uniform in [0, 1). */
    dropout: (x: tf.Tensor, rate: number, noiseShape?: number[]) => {
      if (rate === 0) return clone(x);
      const keep = 1 - rate;
      const shape = (noiseShape ?? x.shape).map((size, axis) => size ?? x.shape[axis]);
      return mul(x, div(floor(add(draw("uniform", shape), keep)), keep));
    },
  };
}
