// What lies beside an exported model.json: how to load it, and the code that registers layers of the user's own.
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";

export interface ModelFacts {
  readonly network: NetworkName;
  /** Classes of layers that are not tfjs's. */
  readonly own: readonly string[];
  readonly imageShape: readonly number[];
  readonly classes: number;
  readonly latentSize: number;
}

/** A module that registers the own layers with whoever's tfjs, and loads the model. */
export function loaderText({ network, imageShape, classes, latentSize }: ModelFacts, module: string): string {
  return `// Registers this ${network}'s own layers with your TensorFlow.js, and loads it:
//
//   import * as tf from "@tensorflow/tfjs";
//   import { load } from "./load.mjs";
//   const model = await load(tf, "model.json");
import * as own from "./${module}";

export async function load(tf, source) {
  registerLayers(tf);
  return tf.loadLayersModel(source);
}

export function registerLayers(tf) {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const built = own.${network}(${JSON.stringify({ imageShape, latentSize, classes }).replace("{", "{ tf, ")});
  for (const layer of layersOf(built)) {
    const own = layer.constructor;
    if (typeof own.className === "string" && !(own.className in classNameMap)) tf.serialization.registerClass(own);
  }
  built.dispose();
}

function layersOf(model) {
  return model.layers.flatMap((layer) => (layer.layers ? layersOf(layer) : layer.layer ? [layer, layer.layer] : [layer]));
}
`;
}

export function readmeText(facts: ModelFacts, module: string | null): string {
  const { network, own, imageShape, classes, latentSize } = facts;
  const image = `[N, ${imageShape.join(", ")}]`;
  const labels =
    classes > 0 ? `; where it has a second input, that takes the classes one-hot, [N, ${classes}]` : "";
  const ports =
    network === "generator"
      ? `It takes standard normal noise [N, ${latentSize}]${labels}. It gives images ${image} in [-1, 1]:\nbyte = round((x + 1) * 127.5).`
      : `It takes images ${image} in [-1, 1]${labels}.`;
  const load =
    module === null
      ? `  const model = await tf.loadLayersModel("model.json");`
      : `It has layers of its own (${own.join(", ")}), whose code is in ${module}. load.mjs registers\nthem, which must come before tf.loadLayersModel:\n\n  import { load } from "./load.mjs";\n  const model = await load(tf, "model.json");`;
  const example =
    network === "generator"
      ? `  const images = model.predict(tf.randomNormal([4, ${latentSize}]));\n`
      : `  const scores = model.predict(tf.zeros([4, ${imageShape.join(", ")}]));\n`;
  return `A ${network} trained by Ganglion, as TensorFlow.js saves models: model.json and weights.bin.

${ports}

${load}
${example}
To train on from it: ganglion train --${network} model.json${module === null ? "" : ` --model ${module}`} ...
`;
}
