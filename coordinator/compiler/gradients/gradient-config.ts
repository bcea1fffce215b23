// The form of a gradient function, and the one for what is flat.
import type * as tf from "@tensorflow/tfjs-core";

/** As tfjs registers it: `gradFunc` gets dy, the saved inputs and outputs, and the attributes. */
export type Config = Omit<tf.GradConfig, "kernelName">;
export type Gradients = ReadonlyMap<string, Config>;

/** A step function of its inputs is flat almost everywhere: nothing flows back. */
export const FLAT: Config = { gradFunc: () => ({}) };

/** A gradient function of the inputs (by name) and then the outputs that it needs. */
export function gradient(
  inputsToSave: string[],
  partials: (
    dy: tf.Tensor,
    saved: tf.Tensor[],
    attributes: tf.NamedAttrMap,
  ) => Record<string, () => tf.Tensor>,
  outputsToSave: boolean[] = [],
): Config {
  return {
    inputsToSave,
    outputsToSave,
    gradFunc: (dy, saved, attributes) => partials(dy as tf.Tensor, saved, attributes),
  };
}
