// The arguments that the factories of `layers` and `initializers` take, and what they may be.
import { layers } from "@tensorflow/tfjs-layers";
import { isObject } from "../../../../../shared/is-object.ts";
import { filteredConvolution, layer } from "./layer-arguments.ts";
import {
  type Known,
  aboveZero,
  count,
  finite,
  flag,
  initializer,
  oneOf,
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
/** Of a grouped convolution. */
const ungrouped = valueRule("1, as grouped convolutions have no dilation", (given) =>
  [given].flat().every((rate) => rate === 1),
);
const taps = valueRule(
  "a list of numbers whose sum is not zero, such as [1, 3, 3, 1]",
  (given) =>
    Array.isArray(given) &&
    given.every(Number.isFinite) &&
    (given as number[]).reduce((sum, tap) => sum + tap, 0) !== 0,
);
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
  groupedConv2d: layer("GanglionGroupedConv2D", {
    groups: required(count),
    ...filteredConvolution,
    dataFormat: oneOf("channelsLast"),
    dilationRate: ungrouped,
  }),
  firResample: layer("GanglionFirResample", { direction: required(oneOf("up", "down")), taps }),
  globalSumPooling: layer("GanglionGlobalSumPooling", {}),
};

/** By the factory's name in `initializers`. */
export const GAN_INITIALIZER_ARGUMENTS: Readonly<Record<string, Known>> = {
  orthogonal: { className: "Orthogonal", rules: { gain: finite, seed } },
};
