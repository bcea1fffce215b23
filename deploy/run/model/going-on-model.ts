// The files that a run goes on with: its copy's, but for what a change names anew.
import type { ModelCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import type { ModelFiles } from "../../../coordinator/records/model-files.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { type CheckpointModelOptions, withModelOf } from "./checkpoint-model.ts";

export interface ModelGoingOn {
  readonly going: { readonly before: RunConfig; readonly config: RunConfig };
  /** Of what the run has been until now. */
  readonly copy: ModelCopy | null;
  /** The hash of its module that was recorded; null where there is none. */
  readonly recorded: string | null;
}

/** As `withModelOf`. */
export async function withModelGoingOn<T>(
  { going: { before, config }, copy, recorded }: ModelGoingOn,
  options: CheckpointModelOptions,
  use: (files: ModelFiles, kept: ModelCopy) => Promise<T>,
): Promise<T> {
  const isOther = fileOf(config) !== fileOf(before);
  const same = Object.entries(copy?.networks ?? {}).filter(([name]) => {
    const network = name as keyof RunConfig["networks"];
    return config.networks[network] === before.networks[network];
  });
  const module = isOther ? null : (copy?.module ?? null);
  const kept = copy && { module, networks: Object.fromEntries(same) as ModelCopy["networks"] };
  return withModelOf(
    { config, copy: kept, recorded: isOther ? null : recorded },
    { ...options, hasRun: options.hasRun === true && !isOther },
    use,
  );
}

function fileOf({ model }: RunConfig): string | null {
  return model.kind === "module" ? model.file : null;
}
