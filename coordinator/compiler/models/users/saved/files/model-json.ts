// A model.json and the weight files it names, from disk.
import { dirname, join, relative } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { z } from "zod";
import { GanglionError, messageOf } from "../../../../../../shared/errors.ts";
import { isObject } from "../../../../../../shared/is-object.ts";
import { parseJson } from "../../../../../../shared/json/parse-json.ts";
import { sizeOf } from "../../../../../../shared/program/program.ts";
import { readRegularBytes } from "../../../../../../shared/regular-file.ts";
import type { Json, SavedWeight } from "../saved-network.ts";

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
  ganglion: z.object({ fromKeras: z.boolean(), withoutWeights: z.boolean() }).optional(),
});

type Manifest = z.infer<typeof schema>["weightsManifest"];

/** Bytes an element of a weight file has. */
const BYTES = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 } as const;

export interface ModelJson {
  readonly topology: Json;
  /** As tfjs takes them: names, shapes, and all bytes in a row. */
  readonly weightSpecs: tf.io.WeightsManifestEntry[];
  readonly weightData: ArrayBuffer;
  /** Whether it is this program's copy of what Keras saved in a form of its own, with Keras's names of weights. */
  readonly fromKeras: boolean;
  /** Whether it is this program's copy of the layers alone, whose weights a checkpoint has. */
  readonly withoutWeights: boolean;
}

/**
 * The model in `bytes`, which are those of `file`.
 *
 * @throws Error with the reason, as the rest of a sentence about the file, when it is no saved model; GanglionError MODEL
 * when its weight files are missing, short, or out of its folder
 */
export async function readModelJson(bytes: Buffer, file: string): Promise<ModelJson> {
  const { modelTopology: topology, weightsManifest, ganglion } = checkedFile(parseJson(bytes));
  const weightData = await readWeights(file, weightsManifest);
  const weightSpecs = weightsManifest.flatMap(
    ({ weights }) => weights,
  ) as unknown as tf.io.WeightsManifestEntry[];
  const { fromKeras = false, withoutWeights = false } = ganglion ?? {};
  return { topology, weightSpecs, weightData, fromKeras, withoutWeights };
}

/** The weights as numbers, by their names. */
export function weightsOf({ weightSpecs, weightData }: ModelJson): ReadonlyMap<string, SavedWeight> {
  const tensors = Object.entries(tf.io.decodeWeights(weightData, weightSpecs));
  const weights = tensors.map(([name, tensor]): [string, SavedWeight] => [
    name,
    { shape: tensor.shape, values: Float32Array.from(tensor.dataSync<"float32">()) },
  ]);
  for (const [, tensor] of tensors) tensor.dispose();
  return new Map(weights);
}

function checkedFile(content: unknown): z.infer<typeof schema> {
  const { format, class_name: className } = (isObject(content) ? content : {}) as Json;
  if (format === "graph-model") throw new Error("it is a graph model, which cannot be trained");
  if (typeof className === "string")
    throw new Error(
      'it holds the layers alone, as to_json gives them, and no weights: save the whole model, model.save("model.keras")',
    );
  const { success, data, error } = schema.safeParse(content);
  if (success) return data;
  const [issue] = error.issues;
  throw new Error(`${issue.path.join(".") || "it"}: ${issue.message}`, { cause: error });
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
