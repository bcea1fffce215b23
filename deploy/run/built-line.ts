// What was built, in one line: the networks of a preset that follow the size of the images.
import { dcganParameters, dcganStages } from "../../coordinator/compiler/models/presets/dcgan-stages.ts";
import { filtersOf } from "../../coordinator/compiler/models/presets/preset-models.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { count, plural } from "../terminal/format.ts";

/**
 * `dcgan 64×64×3: 4 stages, 64 filters, 6.34 M parameters`; null for networks that do not follow the size.
 *
 * @throws GanglionError MODEL for images of a size that the networks cannot have
 */
export function builtLine(
  { model, networks, latentSize }: Pick<RunConfig, "model" | "networks" | "latentSize">,
  imageShape: readonly [number, number, number],
): string | null {
  if (model.kind !== "preset") return null;
  const filters = filtersOf(model);
  const saved = [networks.generator, networks.discriminator].filter((file) => file !== undefined).length;
  if (filters === undefined || saved === 2) return null;
  const stages = dcganStages(imageShape, filters);
  const parameters = dcganParameters(stages, { channels: imageShape[2], latentSize });
  const size = saved > 0 ? [] : [`${millions(parameters)} parameters`]; // a saved one has its own
  return [
    `${model.name} ${imageShape.join("×")}: ${plural(stages.length, "stage")}`,
    plural(filters, "filter"),
    ...size,
  ].join(", ");
}

function millions(parameters: number): string {
  return parameters < 1e6 ? count(parameters) : `${(parameters / 1e6).toPrecision(3)} M`;
}
