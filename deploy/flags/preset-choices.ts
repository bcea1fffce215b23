// Flags and fields about a preset's networks: `--filters` where none is given, and refusals that name the flag.
import { filtersOf } from "../../coordinator/compiler/models/presets/preset-models.ts";
import { refusedChoice } from "../../coordinator/compiler/models/presets/refused-choices.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { GanglionError } from "../../shared/errors.ts";
import { givenFlags } from "./config-fields.ts";
import type { ConfigFlags } from "./config-flags.ts";
import { longFlag } from "./flag.ts";

/** The config with the filters that its networks have, so that its run's record says them. */
export function withFilters(config: RunConfig): RunConfig {
  if (config.model.kind !== "preset") return config;
  const filters = filtersOf(config.model);
  return filters === undefined ? config : { ...config, model: { ...config.model, filters } };
}

/** @throws GanglionError USAGE (a flag) or CONFIG (a field) for the first that no network would follow */
export function checkPresetChoices(config: RunConfig, flags: ConfigFlags): void {
  const given = givenFlags(flags).flatMap(({ name, flag: { path, argument }, value }) =>
    path === undefined || path === "model.file" ? [] : { path, value, text: textOf(name, argument, value) },
  );
  const refused = refusedChoice(config, given);
  if (!refused) return;
  const flag = given.find(({ path }) => path === refused.path);
  throw new GanglionError(
    flag ? "USAGE" : "CONFIG",
    `${flag?.text ?? `config field ${refused.path}`} ${refused.why}`,
  );
}

/** `--filters 9`, `--equalized` */
function textOf(name: string, argument: string | undefined, value: unknown): string {
  return argument === undefined ? longFlag(name) : `${longFlag(name)} ${String(value)}`;
}
