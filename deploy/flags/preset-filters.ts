// `--filters`: which networks it is for, and its value where none is given.
import { filtersOf, namesWithFilters } from "../../coordinator/compiler/models/presets/preset-models.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { GanglionError } from "../../shared/errors.ts";

/** The config with the filters that its networks have, so that its run's record says them. */
export function withFilters(config: RunConfig): RunConfig {
  if (config.model.kind !== "preset") return config;
  const filters = filtersOf(config.model);
  return filters === undefined ? config : { ...config, model: { ...config.model, filters } };
}

/**
 * @param given what the flag says
 * @throws GanglionError USAGE or CONFIG where no network would have the filters that were given
 */
export function checkFilters({ model, networks }: RunConfig, given: number | undefined): void {
  const names = namesWithFilters().join(", ");
  if (given !== undefined && model.kind === "module")
    refuse(`--filters ${given}`, model.file, `is for the presets ${names}`);
  if (given !== undefined && networks.generator !== undefined && networks.discriminator !== undefined)
    refuse(`--filters ${given}`, "--generator and --discriminator", `is for the networks of ${names}`);
  if (model.kind === "preset" && model.filters !== undefined && filtersOf(model) === undefined) {
    const what = given === undefined ? "config field model.filters" : `--filters ${given}`;
    refuse(what, `preset ${model.name}`, `is for the presets ${names}`);
  }
}

function refuse(what: string, source: string, isFor: string): never {
  throw new GanglionError(
    what.startsWith("--") ? "USAGE" : "CONFIG",
    `${what} ${isFor}, and both networks are those of ${source}: leave it out, or choose --preset dcgan`,
  );
}
