// Z, where the networks of a config fix it: a module that exports latentSize, a saved generator with its input.
import type { RunConfig } from "../../../shared/config/config.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { parseJson } from "../../../shared/json/parse-json.ts";
import { readRegularBytes } from "../../../shared/regular-file.ts";
import { useCpuBackend } from "../../../shared/program/cpu-backend.ts";
import { loadKerasModel } from "./users/saved/keras-model.ts";
import { layersOf, modelIn, nameOf } from "./users/saved/described-layers.ts";
import type { Json } from "./users/saved/saved-network.ts";
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

/** A layer that is not known yet may be one of the module's, which is not built before Z is known. */
async function inputShape(file: string, model: RunConfig["model"]): Promise<readonly unknown[]> {
  try {
    const saved = await loadKerasModel(file);
    const { shape } = saved.inputs[0];
    saved.dispose();
    return shape;
  } catch (cause) {
    if (model.kind !== "module" || !messageOf(cause).includes("Unknown layer: ")) throw cause;
    const { modelTopology } = parseJson(await readRegularBytes(file)) as { readonly modelTopology: Json };
    const described = modelIn(modelTopology);
    const { input_layers: inputs } = (described["config"] ?? {}) as Json;
    const name = Array.isArray(inputs) ? String([(inputs as unknown[])[0]].flat(2)[0]) : null;
    const first = layersOf(described).find((layer) => name === null || nameOf(layer) === name);
    const shape = ((first?.["config"] ?? {}) as Json)["batch_input_shape"];
    return Array.isArray(shape) ? shape : [];
  }
}

async function ownLatentSize({
  model,
  networks,
}: RunConfig): Promise<{ readonly size: number; readonly source: string } | null> {
  if (networks.generator !== undefined) {
    await useCpuBackend();
    const [, size, ...more] = await inputShape(networks.generator, model); // [B, Z], or it is no generator, which is told when it is built
    return typeof size === "number" && more.length === 0 ? { size, source: networks.generator } : null;
  }
  if (model.kind !== "module") return null;
  const { latentSize } = await loadModelModule(model.file);
  return latentSize === undefined ? null : { size: latentSize, source: model.file };
}
