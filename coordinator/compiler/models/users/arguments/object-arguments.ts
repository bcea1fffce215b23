// The arguments of tf.initializers, tf.regularizers and tf.constraints, and of tf.sequential, tf.model and tf.input.
// The names are those of tfjs's own type declarations: a test compares them with the installed ones.
import {
  type Known,
  aboveZero,
  anything,
  axes,
  finite,
  flag,
  fromZero,
  list,
  oneOf,
  portion,
  required,
  seed,
  shape,
  text,
} from "./rule.ts";

type Table = Readonly<Record<string, Known>>;

const gaussian = { rules: { mean: finite, stddev: fromZero, seed }, lostZeros: ["stddev"] };

/** `least` and `most` of the arguments, the defaults included, must be in order. */
function inOrder(least: string, most: string, defaults: readonly [number, number]): Pick<Known, "conflict"> {
  return {
    conflict: (args) => {
      const [low, high] = [args[least] ?? defaults[0], args[most] ?? defaults[1]] as number[];
      return low <= high
        ? null
        : `has a ${least} of ${low}, above its ${most} of ${high}: give both, in order`;
    },
  };
}

/** By the factory's name in tf.initializers. */
export const INITIALIZER_ARGUMENTS: Table = {
  zeros: { className: "Zeros", rules: {} },
  ones: { className: "Ones", rules: {} },
  constant: { className: "Constant", rules: { value: required(finite) } },
  randomUniform: {
    className: "RandomUniform",
    rules: { minval: finite, maxval: finite, seed },
    lostZeros: ["minval", "maxval"],
    ...inOrder("minval", "maxval", [-0.05, 0.05]),
  },
  randomNormal: { className: "RandomNormal", ...gaussian },
  truncatedNormal: { className: "TruncatedNormal", ...gaussian },
  identity: { className: "Identity", rules: { gain: finite } },
  varianceScaling: {
    className: "VarianceScaling",
    // "normal" is a truncated one; for "truncatedNormal" tfjs draws a uniform one
    rules: {
      scale: aboveZero, mode: oneOf("fanIn", "fanOut", "fanAvg"), distribution: oneOf("normal", "uniform"), seed,
    }, // prettier-ignore
    savedRules: { distribution: oneOf("normal", "uniform", "truncatedNormal") },
  },
  glorotUniform: { className: "GlorotUniform", rules: { seed } },
  glorotNormal: { className: "GlorotNormal", rules: { seed } },
  heNormal: { className: "HeNormal", rules: { seed } },
  heUniform: { className: "HeUniform", rules: { seed } },
  leCunNormal: { className: "LeCunNormal", rules: { seed } },
  leCunUniform: { className: "LeCunUniform", rules: { seed } },
  orthogonal: { className: "Orthogonal", rules: { seed, gain: finite } },
};

/** By the factory's name in tf.regularizers; the class of all is L1L2. */
export const REGULARIZER_ARGUMENTS: Table = {
  l1l2: { className: "L1L2", rules: { l1: fromZero, l2: fromZero } },
  l1: { className: "L1", rules: { l1: fromZero } },
  l2: { className: "L2", rules: { l2: fromZero } },
};

/** By the factory's name in tf.constraints. */
export const CONSTRAINT_ARGUMENTS: Table = {
  maxNorm: { className: "MaxNorm", rules: { maxValue: aboveZero, axis: axes } },
  unitNorm: { className: "UnitNorm", rules: { axis: axes } },
  nonNeg: { className: "NonNeg", rules: {} },
  minMaxNorm: {
    className: "MinMaxNorm",
    rules: { minValue: fromZero, maxValue: aboveZero, axis: axes, rate: portion },
    ...inOrder("minValue", "maxValue", [0, 1]),
  },
};

/** What builds models, by its name in tf. */
export const MODEL_ARGUMENTS: Table = {
  sequential: { className: "Sequential", rules: { layers: list, name: text } },
  model: {
    className: "LayersModel",
    rules: { inputs: required(anything), outputs: required(anything), name: text },
  },
  input: {
    className: "Input",
    rules: {
      shape, batchShape: shape, name: text, sparse: flag,
      dtype: oneOf("float32", "int32", "bool", "complex64", "string"),
    }, // prettier-ignore
  },
};
