// The copy of its model that a run keeps: made when it starts, and when a run of an older version goes on.
import { copyNetwork } from "../../../coordinator/compiler/models/users/copy/copy-network.ts";
import { type ModelCopy, copyModule } from "../../../coordinator/compiler/models/users/copy/model-copy.ts";
import type { RunConfig } from "../../../shared/config/config.ts";
import { noteCopy } from "./own-copies.ts";

/**
 * What of `kept` is there stays; the rest is copied from where the config names it. Null where the run has a preset
 * alone. To be called once the config's module may run: its copy is noted as the user's.
 *
 * @throws GanglionError MODEL where a saved network cannot be read; the system's error where the module cannot
 */
export async function copyOfRun(
  { model, networks }: Pick<RunConfig, "model" | "networks">,
  kept: ModelCopy | null,
  warn: (code: string, message: string) => void,
): Promise<ModelCopy | null> {
  let module = kept?.module ?? null;
  if (!module && model.kind === "module") {
    module = await copyModule(model.file, (message) => warn("MODEL", message));
    if (module) await noteCopy(module, warn);
  }
  const copies = { ...kept?.networks };
  for (const [name, path] of Object.entries(networks) as [keyof typeof networks, string | undefined][])
    if (path !== undefined) copies[name] ??= await copyNetwork(path, name);
  return module || Object.keys(copies).length > 0 ? { module, networks: copies } : null;
}
