// A saved Keras model as tfjs writes it: model.json and the weight files it names, from disk.
import { readFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import { GanglionError, messageOf } from "../errors.ts";

/** What of a model.json is read here; tfjs itself checks topology and weights. */
const schema = z.object({
  modelTopology: z.looseObject({}),
  weightsManifest: z
    .array(z.object({ paths: z.array(z.string()), weights: z.array(z.looseObject({ name: z.string() })) }))
    .optional(),
});

/**
 * The model with the weights it was saved with, to train on.
 *
 * @throws GanglionError MODEL naming the file that is missing, no model, or out of the model's folder
 */
export async function loadKerasModel(path: string): Promise<LayersModel> {
  const file = resolve(path);
  try {
    const { modelTopology, weightsManifest = [] } = schema.parse(JSON.parse(await readFile(file, "utf8")));
    const parts: Buffer[] = [];
    for (const name of weightsManifest.flatMap(({ paths }) => paths))
      parts.push(await readFile(inside(file, name)));
    const weightSpecs = weightsManifest.flatMap(
      ({ weights }) => weights,
    ) as unknown as tf.io.WeightsManifestEntry[];
    const weightData = new Uint8Array(Buffer.concat(parts)).buffer;
    return await loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw new GanglionError("MODEL", `${path} is not a saved tf.layers model: ${reason(cause)}`, { cause });
  }
}

function inside(file: string, name: string): string {
  const folder = dirname(file);
  const path = join(folder, name);
  if (!relative(folder, path).startsWith("..")) return path;
  throw new GanglionError(
    "MODEL",
    `${file} names the weight file ${name}, outside its folder: put it beside the model`,
  );
}

function reason(cause: unknown): string {
  if (!(cause instanceof z.ZodError)) return messageOf(cause);
  const [issue] = cause.issues;
  return `${issue.path.join(".") || "it"}: ${issue.message}`;
}
