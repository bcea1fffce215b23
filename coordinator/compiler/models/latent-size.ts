// Z, where the networks of a config fix it: a module that exports latentSize, a saved generator with its input.
import type { RunConfig } from "../../../shared/config/config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { useCpuBackend } from "../../../shared/program/cpu-backend.ts";
import { loadKerasModel } from "./users/saved/keras-model.ts";
import { loadModelModule } from "./users/model-module.ts";

/**
 * The config with the latentSize that its networks are made for; `given` is what the user wrote, if anything.
 *
 * @throws GanglionError CONFIG when the two differ, MODEL when the networks cannot be loaded
 */
export async function withOwnLatentSize(config: RunConfig, given: number | undefined): Promise<RunConfig> {
  const own = await ownLatentSize(config);
  if (!own) return config;
  if (given !== undefined && given !== own.size) {
    throw new GanglionError(
      "CONFIG",
      `config field latentSize is ${given}, and ${own.source} is made for ${own.size}: leave the field out, or change one of them`,
    );
  }
  return { ...config, latentSize: own.size };
}

async function ownLatentSize({
  model,
  networks,
}: RunConfig): Promise<{ readonly size: number; readonly source: string } | null> {
  if (networks.generator !== undefined) {
    await useCpuBackend();
    const saved = await loadKerasModel(networks.generator);
    const [, size, ...more] = saved.inputs[0].shape; // [B, Z], or it is no generator, which is told when it is built
    saved.dispose();
    return typeof size === "number" && more.length === 0 ? { size, source: networks.generator } : null;
  }
  if (model.kind !== "module") return null;
  const { latentSize } = await loadModelModule(model.file);
  return latentSize === undefined ? null : { size: latentSize, source: model.file };
}
