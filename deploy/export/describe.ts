// What an exported file says of where it comes from.
import type { NetworkName } from "../../shared/config/optimizer-config.ts";
import type { ExportSource } from "./source.ts";

/** Plain texts, for a file's metadata. */
export function provenance(source: ExportSource, network: NetworkName): Record<string, string> {
  const { checkpoint, config } = source;
  const { step, images, config: of } = checkpoint;
  return {
    producer: "ganglion",
    preset: config.preset,
    step: String(step),
    images: String(images),
    weights: weightsText(source, network),
    latentSize: String(config.latentSize),
    imageShape: of.imageShape.join("x"),
  };
}

/** A run averages its generator alone. */
export function weightsText({ isAverage }: ExportSource, network: NetworkName): string {
  return isAverage && network === "generator" ? "the average of its weights" : "its weights as trained";
}

/** What a network's scores mean. */
export function scoresText({ trained }: ExportSource, network: NetworkName): string {
  if (network === "classifier") return "probabilities of the classes";
  return trained.hasOwnLosses
    ? "what the discriminator says of each image, as the run's losses take it"
    : "logits: the greater, the more real; probability = 1 / (1 + exp(-x))";
}
