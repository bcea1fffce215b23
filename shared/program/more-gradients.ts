// Gradient functions that tfjs's registry lacks, in the registry's own form.
import * as tf from "@tensorflow/tfjs-core";

type Config = Omit<tf.GradConfig, "kernelName">;

/** A step function of its inputs is flat almost everywhere: nothing flows back. */
const FLAT: Config = { gradFunc: () => ({}) };

const COMPARISONS = [
  "Equal",
  "Greater",
  "GreaterEqual",
  "Less",
  "LessEqual",
  "LogicalAnd",
  "LogicalNot",
  "LogicalOr",
  "NotEqual",
];

export const MORE_GRADIENTS: ReadonlyMap<string, Config> = new Map<string, Config>(
  COMPARISONS.map((kernel) => [kernel, FLAT]),
);
