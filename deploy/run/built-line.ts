// What was built, in one line: the networks of a preset that follow the size of the images.
import type { Choices } from "../../coordinator/compiler/models/presets/choices.ts";
import { DCGAN } from "../../coordinator/compiler/models/presets/dcgan.ts";
import { dcganParameters, stagesOf } from "../../coordinator/compiler/models/presets/stages.ts";
import { attentionAt, chosenNetworks } from "../../coordinator/compiler/models/presets/preset-models.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { count, plural } from "../terminal/format.ts";

type Networks = Pick<RunConfig, "model" | "networks" | "latentSize" | "conditional" | "conditioning">;

/**
 * `dcgan 64×64×3: 4 stages, 64 filters, 6.34 M parameters`, with what is chosen besides; null for networks that do not
 * follow the size.
 *
 * @throws GanglionError MODEL for images of a size that the networks cannot have, CONFIG for attention on maps that they
 *   do not have
 */
export function builtLine(config: Networks, imageShape: readonly [number, number, number]): string | null {
  const { model, networks, latentSize } = config;
  const chosen = chosenNetworks(config);
  const saved = [networks.generator, networks.discriminator].filter((file) => file !== undefined).length;
  if (model.kind !== "preset" || !chosen || saved === 2) return null;
  const { architecture, choices } = chosen;
  const parts = [
    `${model.name} ${imageShape.join("×")}: ${architecture.extent(imageShape, choices)}`,
    plural(choices.filters, "filter"),
  ];
  const also = choicesText(choices, attentionAt(config, imageShape));
  if (architecture !== DCGAN || also.length > 0 || saved > 0) return [...parts, ...also].join(", "); // a saved one has its own
  const stages = stagesOf(imageShape, choices.filters);
  const parameters = dcganParameters(stages, { channels: imageShape[2], latentSize });
  return [...parts, `${millions(parameters)} parameters`].join(", ");
}

/** What is not as in the plain networks, in words. */
function choicesText(choices: Choices, attention: number): string[] {
  const { spectralNorm, minibatchStdDev, equalized, initializer, labels } = choices;
  const where = spectralNorm === "both" ? "both networks" : "the discriminator";
  return [
    ...(spectralNorm === "none" ? [] : [`spectral norms in ${where}`]),
    ...(attention === 0 ? [] : [`attention at ${attention}`]),
    ...(minibatchStdDev ? ["minibatch standard deviation"] : []),
    ...(equalized ? ["equalized"] : []),
    ...(initializer === undefined ? [] : [`${initializer} kernels`]),
    ...(labels.generator === "none" && labels.discriminator === "none"
      ? []
      : [`by class (${labels.generator}, ${labels.discriminator})`]),
  ];
}

function millions(parameters: number): string {
  return parameters < 1e6 ? count(parameters) : `${(parameters / 1e6).toPrecision(3)} M`;
}
