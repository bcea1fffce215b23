// Gradients of what works element by element.
import * as tf from "@tensorflow/tfjs-core";
import { COMPARISON } from "../../../shared/program/shapes.ts";
import { FLAT, type Gradients, gradient } from "./gradient-config.ts";

/** Klambauer et al. 2017, "Self-Normalizing Neural Networks". */
const SELU_SCALE_ALPHA = 1.7580993408473766;
const SELU_SCALE = 1.0507009873554805;

const STEPS = ["Ceil", "Floor", "IsFinite", "IsInf", "IsNan", "LogicalNot", "Round", "Sign", "Step"];

export const ELEMENTWISE: Gradients = new Map([
  ...[...COMPARISON, ...STEPS].map((kernel) => [kernel, FLAT] as const),
  // In terms of y, which cannot overflow where exp(x) can: 0 · ∞ is NaN in the next derivative.
  [
    "Selu",
    gradient(
      [],
      (dy, [y]) => ({
        x: () =>
          tf.mul(dy, tf.where(tf.greater(y, 0), tf.fill(y.shape, SELU_SCALE), tf.add(y, SELU_SCALE_ALPHA))),
      }),
      [true],
    ),
  ],
  // log is kept off the bases that have none: they send nothing back, not 0 · ∞.
  [
    "Pow",
    gradient(
      ["a", "b"],
      (dy, [base, exponent, y]) => ({
        a: () => tf.mul(dy, tf.mul(exponent, tf.pow(base, tf.sub(exponent, 1)))),
        b: () => {
          const positive = tf.greater(base, 0);
          const logarithm = tf.log(tf.where(positive, base, tf.onesLike(base)));
          return tf.mul(dy, tf.mul(y, logarithm));
        },
      }),
      [true],
    ),
  ],
]);
