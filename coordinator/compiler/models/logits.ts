// A discriminator that ends in a sigmoid, or a softmax over classes: losses are computed on the logits before them.
import { type LayersModel, layers } from "@tensorflow/tfjs-layers";
import { hasAuxiliaryClassifier } from "../objectives/judge.ts";

interface Activated {
  activation?: { getClassName(): string };
}

/**
 * Replaces a sigmoid at the end of the model, and the softmax of its auxiliary classifier, in place, by the identity: on
 * logits nothing saturates. True when there was one.
 */
export function takeLogits(model: LayersModel, classes = 0): boolean {
  const hasClasses = hasAuxiliaryClassifier(model, classes);
  const ends = model.outputLayers.map((layer) => layer as unknown as Activated);
  const sigmoids = ends.filter(
    ({ activation }, i) => activation?.getClassName() === (hasClasses && i === 1 ? "softmax" : "sigmoid"),
  );
  const { activation } = layers.activation({ activation: "linear" }) as unknown as Required<Activated>;
  for (const end of sigmoids) end.activation = activation;
  return sigmoids.length > 0;
}
