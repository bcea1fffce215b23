// Writes a tf.layers model as `LayersModel.save` does: model.json and weights.bin.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** Returns the path of its model.json. */
export async function saveModel(model: LayersModel, folder: string): Promise<string> {
  const file = join(folder, "model.json");
  const handler = tf.io.withSaveHandler(async ({ modelTopology, weightSpecs, weightData }) => {
    const weightsManifest = [{ paths: ["weights.bin"], weights: weightSpecs }];
    await writeFile(file, JSON.stringify({ format: "layers-model", modelTopology, weightsManifest }));
    await writeFile(join(folder, "weights.bin"), new Uint8Array(weightData as ArrayBuffer));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  });
  await model.save(handler);
  return file;
}
