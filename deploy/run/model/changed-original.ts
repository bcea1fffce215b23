// Whether what a run's copy was made of is still the same, for a person who has edited it and resumes.
import { copyNetwork } from "../../../coordinator/compiler/models/users/copy/copy-network.ts";
import type { ModelCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import { identifyModule } from "../../../coordinator/compiler/models/users/module-identity.ts";
import type { RunConfig } from "../../../shared/config/config.ts";

/** A sentence for each original that exists and differs. One that is gone is no news: the run has its copy. */
export async function changedOriginals(
  { module, networks }: ModelCopy,
  config: Pick<RunConfig, "model" | "networks">,
): Promise<readonly string[]> {
  const changed: string[] = [];
  const { model } = config;
  if (module && model.kind === "module") {
    const now = await identifyModule(model.file).catch(() => null); // gone, or not the reader's
    if (now && now.hash !== module.original)
      changed.push(sentence(model.file, `a new run with --model ${model.file}`));
  }
  for (const [name, { original }] of Object.entries(networks)) {
    const file = config.networks[name as keyof RunConfig["networks"]];
    if (file === undefined) continue;
    const now = await copyNetwork(file, name).catch(() => null); // gone, or no saved network any more
    if (now && now.original !== original) changed.push(sentence(file, `a new run with --${name} ${file}`));
  }
  return changed;
}

function sentence(file: string, another: string): string {
  return `${file} has changed since; the run goes on with its own copy; to train the changed one start ${another}, or --from`;
} // prettier-ignore
