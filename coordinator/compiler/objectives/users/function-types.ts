// What a module's `losses` is given to call: the built-in losses and regularizers as functions, with their types.
import type * as tf from "@tensorflow/tfjs-core";
import type { LossName } from "../../../../shared/config/objectives/losses.ts";

/** D's outputs, unbounded: [B, 1], or [B, h, w, 1] for patches; an array where D has several. */
export type Outputs = tf.Tensor | readonly tf.Tensor[];

/** A number, or a scalar that follows the step, such as one of `now.values`. */
export type Weight = number | tf.Tensor;

export interface NetworkLosses {
  readonly discriminator: tf.Tensor;
  readonly generator: tf.Tensor;
}

/**
 * The scalar that each network minimizes. `targets`: what D is to say in place of 1 and 0 (label smoothing), for losses that
 * have targets: nonSaturating, minimax and leastSquares.
 */
export type LossFunction = (judged: {
  readonly real: Outputs;
  readonly fake: Outputs;
  readonly targets?: { readonly real?: number; readonly fake?: number };
}) => NetworkLosses;

/** `relativistic-pairing` is `relativisticPairing` here. */
type CamelCase<Name extends string> = Name extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/**
 * The losses of `--loss`, in camel case. That of D is the mean of its two halves in `nonSaturating` and `minimax`, where a
 * penalty of the same strength has half the weight.
 */
export type LossFunctions = { readonly [Name in LossName as CamelCase<Name>]: LossFunction };

/** What D says of images [B, H, W, C]: `(images) => discriminator(images, labels)` where it takes labels. */
type Discriminator = (images: tf.Tensor) => Outputs;

/**
 * Penalties as scalars, to be added to a network's loss. LeCam and path length are not among them: they keep numbers from
 * step to step, and work with `--loss` only.
 */
export interface RegularizerFunctions {
  /** γ/2 · mean ‖∇D(x)‖² at real images, for D (Mescheder et al. 2018); γ is 10 unless given. */
  readonly r1: (options: {
    readonly discriminator: Discriminator;
    readonly samples: tf.Tensor;
    readonly gamma?: Weight;
  }) => tf.Tensor;
  /** The same at generated images, for D. */
  readonly r2: (options: {
    readonly discriminator: Discriminator;
    readonly fake: tf.Tensor;
    readonly gamma?: Weight;
  }) => tf.Tensor;
  /** λ · mean (‖∇D‖ − target)² between pairs of images, for D (WGAN-GP, Gulrajani et al. 2017); λ is 10, the target 1. */
  readonly gradientPenalty: (options: {
    readonly discriminator: Discriminator;
    readonly samples: tf.Tensor;
    readonly fake: tf.Tensor;
    readonly weight?: Weight;
    readonly target?: number;
  }) => tf.Tensor;
  /** λ · mean (‖∇D‖ − 1)² around real images, for D (Kodali et al. 2017); λ is 10. */
  readonly dragan: (options: {
    readonly discriminator: Discriminator;
    readonly samples: tf.Tensor;
    readonly weight?: Weight;
  }) => tf.Tensor;
  /** λ · mean (D(x) − D(T(x)))² of real and of generated images, for D (bCR, Zhao et al. 2020); λ is 10. */
  readonly consistency: (options: {
    readonly discriminator: Discriminator;
    readonly samples: tf.Tensor;
    readonly fake: tf.Tensor;
    readonly weight?: Weight;
    readonly flip?: boolean;
  }) => tf.Tensor;
  /** λ · ‖mean f(x) − mean f(x̂)‖² of features [B, …], for G (Salimans et al. 2016); λ is 1. */
  readonly featureMatching: (options: {
    readonly real: tf.Tensor;
    readonly fake: tf.Tensor;
    readonly weight?: Weight;
  }) => tf.Tensor;
  /** The images with normal noise, drawn anew at every call (Sønderby et al. 2017); σ is 0.1. */
  readonly instanceNoise: (options: { readonly images: tf.Tensor; readonly stddev?: Weight }) => tf.Tensor;
}
