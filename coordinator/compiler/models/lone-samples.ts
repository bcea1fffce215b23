// Layers that compare the samples of a shard, where a shard is one sample.
import type { RunConfig } from "../../../shared/config/config.ts";
import type { NetworkSummary } from "./summary.ts";

/** What becomes of a minibatch standard deviation there; null where a shard has more samples, or there is none. */
export function warnOfLoneSamples(
  network: string,
  { layers }: Pick<NetworkSummary, "layers">,
  { shard, batch }: Pick<RunConfig, "shard" | "batch">,
): string | null {
  const layer = layers.find(({ kind }) => kind === "MinibatchStdDev");
  if (shard > 1 || !layer) return null;
  const remedy =
    batch > 1 ? `give a larger --shard, which divides the batch of ${batch}` : "give a larger --batch";
  return `minibatchStdDev compares the samples of one shard, and the shard is 1 sample: ${network}/${layer.name} says the same of every image; ${remedy}`;
}
