// Batch normalization: which layers do it, over how many numbers, and tf.layers' slips with it.
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";
import type { RunConfig } from "../../../shared/config/config.ts";
import { heldVariables } from "./held.ts";

type Layer = layers.Layer;
type Variable = LayersModel["weights"][number] | { readonly read: () => null };

/**
 * While training, tf.layers reads gamma and beta whether there are any or not, and fails with "reading 'read'" of
 * undefined. Gives a layer, or the layers of a model, that have none something to read: nothing, which its arithmetic
 * leaves out.
 */
export function mendBatchNormalization(layer: Layer): void {
  if ("layers" in layer) for (const inner of (layer as LayersModel).layers) mendBatchNormalization(inner);
  if (layer.getClassName() !== "BatchNormalization") return;
  const parameters = layer as unknown as { gamma?: Variable; beta?: Variable };
  parameters.gamma ??= { read: () => null };
  parameters.beta ??= { read: () => null };
}

export interface NormalizedLayer {
  readonly name: string;
  /** Axes of its input, the batch included: 2 after a dense layer, where a mean has one number of each sample. */
  readonly rank: number;
}

/** The batch normalizations of a model, also those that models and other layers hold. */
export function batchNormalizations(model: LayersModel): NormalizedLayer[] {
  const found = new Set<Layer>();
  for (const { layers: around } of heldVariables(model).values()) {
    const layer = around.at(-1); // moving mean and variance are always there
    if (layer && isBatchNormalization(layer)) found.add(layer);
  }
  return [...found].map((layer) => ({ name: layer.name, rank: layer.inputSpec[0].ndim! }));
}

/**
 * What becomes of a network whose batch normalization sees one sample at a time; null where it sees more, or there is
 * none.
 */
export function warnOfShardOfOne(
  network: string,
  normalized: readonly NormalizedLayer[],
  { shard, batch }: Pick<RunConfig, "shard" | "batch">,
): string | null {
  if (shard > 1 || normalized.length === 0) return null;
  const blind = normalized.find(({ rank }) => rank === 2);
  const { name } = blind ?? normalized[0];
  const consequence = blind
    ? "gives every sample the same output, and what stands before it cannot be trained"
    : "normalizes each image by itself, as instance normalization does";
  const remedy =
    batch > 1 ? `give a larger --shard, which divides the batch of ${batch}` : "give a larger --batch";
  return `batch normalization takes its statistics over one shard, and the shard is 1 sample: ${network}/${name} ${consequence}; ${remedy}`;
}

/** tf.layers' own, and the one of `layers` with a scale and an offset for each class. */
function isBatchNormalization(layer: Layer): boolean {
  const className: string | undefined = layer.getClassName();
  return className === "BatchNormalization" || className === "GanglionConditionalBatchNorm";
}
