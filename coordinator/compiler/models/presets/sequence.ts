// Networks put together of layers one after another, and of parts that branch.
import type { LayersModel, SymbolicTensor, layers } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";

export type Layer = layers.Layer;

/** A layer, or what makes one output of several layers and one input. */
export type Part = Layer | ((x: SymbolicTensor) => SymbolicTensor);

export function through(x: SymbolicTensor, parts: readonly Part[]): SymbolicTensor {
  return parts.reduce(
    (y, part) => (typeof part === "function" ? part(y) : (part.apply(y) as SymbolicTensor)),
    x,
  );
}

/** The parts one after another. Of layers alone it is a `Sequential`, whose first layer has to know its `inputShape`. */
export function networkOf(
  { tf }: ModelContext,
  inputShape: readonly number[],
  parts: readonly Part[],
): LayersModel {
  const isChain = parts.every((part): part is Layer => typeof part !== "function");
  if (isChain) return tf.sequential({ layers: [...parts] });
  const inputs = tf.input({ shape: [...inputShape] });
  return tf.model({ inputs, outputs: through(inputs, parts) });
}
