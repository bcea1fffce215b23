// A discriminator that ends in a sigmoid: the loss is computed on the logits before it, where nothing saturates.
import { type LayersModel, layers } from "@tensorflow/tfjs-layers";

interface Activated {
  activation?: { getClassName(): string };
}

/** Replaces a sigmoid at the end of the model, in place, by the identity. True when there was one. */
export function takeLogits(model: LayersModel): boolean {
  const ends = model.outputLayers.map((layer) => layer as unknown as Activated);
  const sigmoids = ends.filter(({ activation }) => activation?.getClassName() === "sigmoid");
  const { activation } = layers.activation({ activation: "linear" }) as unknown as Required<Activated>;
  for (const end of sigmoids) end.activation = activation;
  return sigmoids.length > 0;
}
