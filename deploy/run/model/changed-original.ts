// Whether what a run's copy was made of is still the same, for a person who has edited it and resumes.
import { copyNetwork } from "../../../coordinator/compiler/models/users/copy/copy-network.ts";
import type { ModelCopy } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import { identifyModule } from "../../../coordinator/compiler/models/users/module-identity.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { printable } from "../../../shared/printable.ts";
import { commandLine } from "../../terminal/command-line.ts";

/** A sentence for each original that exists and differs. One that is gone is no news: the run has its copy. */
export async function changedOriginals(
  { module, networks }: ModelCopy,
  config: Pick<RunConfig, "model" | "networks">,
): Promise<readonly string[]> {
  const changed: string[] = [];
  const { model } = config;
  if (module && model.kind === "module") {
    const now = await identifyModule(model.file).catch(() => null); // gone, or not the reader's
    if (now && now.hash !== module.original) changed.push(sentence(model.file, "model"));
  }
  for (const [name, { original }] of Object.entries(networks)) {
    const file = config.networks[name as keyof RunConfig["networks"]];
    if (file === undefined) continue;
    const now = await copyNetwork(file, name).catch(() => null); // gone, or no saved network any more
    if (now && now.original !== original) changed.push(sentence(file, name));
  }
  return changed;
}

function sentence(file: string, flag: string): string {
  const another = printable(commandLine(["train", `--${flag}`, file]));
  return `${printable(file)} has changed since; the run goes on with its own copy; to train the changed one start a new run, ${another}, or from these weights with --from`;
}
