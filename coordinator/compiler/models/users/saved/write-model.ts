// A network as tfjs saves it: the topology and the weights of a model.json that tf.loadLayersModel opens.
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, layers as layersApi } from "@tensorflow/tfjs-layers";
import { GanglionError } from "../../../../../shared/errors.ts";
import { isObject } from "../../../../../shared/is-object.ts";
import { classNameOf } from "../../held.ts";
import { GAN_LAYER_ARGUMENTS } from "../arguments/gan-arguments.ts";
import { LAYER_ARGUMENTS } from "../arguments/layer-arguments.ts";
import type { Json } from "./saved-network.ts";

type Layer = layersApi.Layer;

export interface ModelFiles {
  /** Of model.json, which names the other file `weights.bin`. */
  readonly modelJson: Json;
  readonly weights: Uint8Array;
}

/** The model with the values that its layers have now. */
export async function modelFiles(model: LayersModel, metadata: Json): Promise<ModelFiles> {
  let files: ModelFiles | null = null;
  const handler = tf.io.withSaveHandler((artifacts) => {
    const { modelTopology, weightSpecs, weightData } = artifacts;
    const original = (model as unknown as { updatedConfig(): unknown }).updatedConfig();
    const modelJson = {
      format: "layers-model",
      generatedBy: `TensorFlow.js tfjs-layers v${tf.version_core}`,
      convertedBy: "ganglion",
      modelTopology: readableAgain(modelTopology, original),
      userDefinedMetadata: metadata,
      weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }],
    };
    files = { modelJson, weights: new Uint8Array(weightData as ArrayBuffer) };
    return Promise.resolve({ modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } });
  });
  await model.save(handler);
  return files!;
}

/** Whether it is the class of a layer that a module's context brings. */
export function isOfGanglion(className: string): boolean {
  return Object.values(GAN_LAYER_ARGUMENTS).some((known) => known.className === className);
}

/** The layers that are not tfjs's own, each class once: who loads the model has to register them. */
export function ownLayersOf(model: LayersModel): readonly Layer[] {
  const tfjs = new Set(Object.values(LAYER_ARGUMENTS).map(({ className }) => className));
  const found = new Map<string, Layer>();
  for (const layer of layersWithin(model)) {
    const name = classNameOf(layer);
    if (!tfjs.has(name) && !("inputLayers" in layer) && name !== "InputLayer") found.set(name, layer);
  }
  return [...found.values()];
}

/**
 * Registers the classes of a model's own layers, where its module has not.
 *
 * @throws GanglionError MODEL for a class without a `className`, under which it would be saved
 */
export function registerOwnLayers(model: LayersModel): void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  for (const layer of ownLayersOf(model)) {
    const own = layer.constructor as tf.serialization.SerializableConstructor<tf.serialization.Serializable>;
    if (typeof own.className !== "string")
      throw new GanglionError(
        "MODEL",
        `layer ${layer.name} has a class without a name, under which tfjs saves layers: give it static className = "${own.name || "MyLayer"}"`,
      );
    if (!Object.hasOwn(classNameMap, own.className)) tf.serialization.registerClass(own);
  }
}

function layersWithin(model: LayersModel): Layer[] {
  return model.layers.flatMap((layer) => {
    const inner = (layer as unknown as { readonly layer?: unknown }).layer;
    if ("inputLayers" in layer) return layersWithin(layer as LayersModel);
    return inner instanceof layersApi.Layer ? [layer, inner] : [layer];
  });
}

/**
 * tfjs writes words in snake case and reads them back in camel case: the activation "LeakyReLU" becomes "leaky_re_lu", and
 * that "leakyReLu", which is none. Such words are written as they are.
 */
function readableAgain(saved: unknown, original: unknown): unknown {
  if (typeof saved === "string" && typeof original === "string")
    return camelCase(saved) !== original && camelCase(original) === original ? original : saved;
  if (Array.isArray(saved) && Array.isArray(original))
    return saved.map((item, i) => readableAgain(item, (original as unknown[])[i]));
  if (!isObject(saved) || !isObject(original)) return saved;
  const values = Object.values(original);
  return Object.fromEntries(
    Object.entries(saved).map(([key, value], i) => [
      key,
      key === "name" ? value : readableAgain(value, values[i]),
    ]),
  );
}

/** As tfjs reads words. */
function camelCase(word: string): string {
  return word.length <= 1 || !word.includes("_")
    ? word
    : word.replace(/_+(\w|$)/g, (_, letter: string) => letter.toUpperCase());
}
