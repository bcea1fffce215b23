// A saved Keras model as tfjs writes it: model.json and the weight files it names, from disk.
import { dirname, join, relative, resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../../shared/errors.ts";
import { sizeOf } from "../../../../shared/program/program.ts";
import { readRegularBytes, readRegularFile } from "../../../../shared/regular-file.ts";
import { checkedTopology } from "./arguments/saved-arguments.ts";
import { oneLine } from "./failures.ts";
import { tensorflow } from "./model-context.ts";

const weight = z.looseObject({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(["float32", "int32", "bool"]),
  quantization: z.looseObject({ dtype: z.enum(["uint8", "uint16", "float16"]) }).optional(),
});

/** What of a model.json is read here; tfjs itself checks topology and weights. */
const schema = z.object({
  modelTopology: z.looseObject({}),
  weightsManifest: z.array(z.object({ paths: z.array(z.string()), weights: z.array(weight) })),
});

type Manifest = z.infer<typeof schema>["weightsManifest"];

/** Bytes an element of a weight file has. */
const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

/**
 * The model with the weights it was saved with, to train on.
 *
 * @throws GanglionError MODEL naming the file that is missing, short, no model, out of the model's folder, or has a layer
 * with arguments that tfjs does not know
 */
export async function loadKerasModel(path: string): Promise<LayersModel> {
  const file = resolve(path);
  const { modelTopology: saved, weightsManifest } = await readModelFile(path, file);
  const modelTopology = checkedTopology(path, saved);
  const weightData = await readWeights(file, weightsManifest);
  const weightSpecs = weightsManifest.flatMap(
    ({ weights }) => weights,
  ) as unknown as tf.io.WeightsManifestEntry[];
  tensorflow(); // some layers of tf.layers call ops as methods of tensors
  try {
    return await loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData }));
  } catch (cause) {
    throw new GanglionError("MODEL", `${path} cannot be built: ${firstSentence(messageOf(cause))}`, {
      cause,
    });
  }
}

async function readModelFile(path: string, file: string): Promise<z.infer<typeof schema>> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new GanglionError(
      "MODEL",
      `${path} is no saved tf.layers model: ${why}; give the model.json that LayersModel.save writes (or tensorflowjs_converter, from a Keras file)`,
      { cause },
    );
  };
  let content: unknown;
  try {
    content = JSON.parse(await readRegularFile(file));
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    return refuse(code === "ENOENT" ? "there is no such file" : oneLine(messageOf(cause)), cause);
  }
  if (
    typeof content === "object" &&
    content !== null &&
    "format" in content &&
    content.format === "graph-model"
  )
    return refuse("it is a graph model, which cannot be trained");
  const { success, data, error } = schema.safeParse(content);
  if (success) return data;
  const [issue] = error.issues;
  return refuse(`${issue.path.join(".") || "it"}: ${issue.message}`, error);
}

/** The weight files' bytes, back to back. */
async function readWeights(file: string, manifest: Manifest): Promise<ArrayBuffer> {
  const groups: Buffer[] = [];
  for (const { paths, weights } of manifest) {
    const parts: Buffer[] = [];
    for (const name of paths) parts.push(await readWeightFile(file, name));
    const group = Buffer.concat(parts);
    const needed = weights.reduce(
      (sum, { shape, dtype, quantization }) => sum + sizeOf(shape) * BYTES[quantization?.dtype ?? dtype],
      0,
    );
    if (group.length !== needed) {
      throw new GanglionError(
        "MODEL",
        `the weights of ${file} are damaged: ${paths.join(" and ")} should have ${needed} bytes and has ${group.length}; copy the model's folder again`,
      );
    }
    groups.push(group);
  }
  return new Uint8Array(Buffer.concat(groups)).buffer;
}

async function readWeightFile(file: string, name: string): Promise<Buffer> {
  const folder = dirname(file);
  const path = join(folder, name);
  if (relative(folder, path).startsWith("..")) {
    throw new GanglionError(
      "MODEL",
      `${file} names the weight file ${name}, outside its folder: put it beside the model`,
    );
  }
  try {
    return await readRegularBytes(path);
  } catch (cause) {
    throw new GanglionError(
      "MODEL",
      `${file} names the weight file ${name}, which cannot be read (${messageOf(cause)}): copy it beside the model`,
      { cause },
    );
  }
}

/** tfjs explains at length how an unknown layer may be registered; the first sentence says which it is. */
function firstSentence(message: string): string {
  return message.split(/(?<=\.)\s/)[0];
}
