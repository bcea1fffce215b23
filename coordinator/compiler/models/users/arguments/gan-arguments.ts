// The arguments that the factories of `layers` and `initializers` take, and what they may be.
import { layers } from "@tensorflow/tfjs-layers";
import { isObject } from "../../../../../shared/is-object.ts";
import { layer } from "./layer-arguments.ts";
import {
  type Known,
  aboveZero,
  count,
  finite,
  flag,
  initializer,
  portion,
  required,
  seed,
  sizes,
  valueRule,
} from "./rule.ts";

/** Of a wrapper: a model has no kernel of its own, and its layers are wrapped each by itself. */
const wrapped = required(
  valueRule(
    "a layer, such as tf.layers.dense({ units: 64 })",
    (given) => given instanceof layers.Layer && !("inputLayers" in given),
  ),
);
/** In a saved model it is a description. */
const described = { savedRules: { layer: required(valueRule("a layer", isObject)) } };
const attended = { spectralNorm: flag, kernelInitializer: initializer };

/** By the factory's name in `layers`. */
export const GAN_LAYER_ARGUMENTS: Readonly<Record<string, Known>> = {
  spectralNorm: layer("GanglionSpectralNorm", { layer: wrapped, epsilon: aboveZero }, described),
  equalized: layer(
    "GanglionEqualized",
    { layer: wrapped, gain: aboveZero, rateMultiplier: aboveZero },
    described,
  ),
  minibatchStdDev: layer("GanglionMinibatchStdDev", { groupSize: count, features: count }),
  pixelNorm: layer("GanglionPixelNorm", { epsilon: aboveZero }),
  selfAttention: layer("GanglionSelfAttention", attended),
  conditionalBatchNorm: layer("GanglionConditionalBatchNorm", { momentum: portion, epsilon: aboveZero }),
  projection: layer("GanglionProjection", attended),
  learnedBasis: layer("GanglionLearnedBasis", {
    channels: required(count),
    size: sizes(2),
    gain: aboveZero,
  }),
  globalSumPooling: layer("GanglionGlobalSumPooling", {}),
};

/** By the factory's name in `initializers`. */
export const GAN_INITIALIZER_ARGUMENTS: Readonly<Record<string, Known>> = {
  orthogonal: { className: "Orthogonal", rules: { gain: finite, seed } },
};
