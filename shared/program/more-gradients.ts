// Gradient functions that tfjs's registry lacks, in the registry's own form.
import type * as tf from "@tensorflow/tfjs-core";
import { COMPARISON } from "./shapes.ts";

type Config = Omit<tf.GradConfig, "kernelName">;

/** A step function of its inputs is flat almost everywhere: nothing flows back. */
const FLAT: Config = { gradFunc: () => ({}) };

// TopK: its values are looked up by its places (composed/indexing.ts), which have no gradient.
export const MORE_GRADIENTS: ReadonlyMap<string, Config> = new Map<string, Config>(
  [...COMPARISON, "LogicalNot", "TopK"].map((kernel) => [kernel, FLAT]),
);
