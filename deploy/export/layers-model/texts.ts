// What lies beside an exported model.json: how to load it, and the code that registers layers of the user's own.
import { LAYERS_FILE } from "./layers-file.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";

export interface ModelFacts {
  readonly network: NetworkName;
  /** Classes of layers that are the user's own. */
  readonly own: readonly string[];
  /** Whether it has layers of those that a module's context brings. */
  readonly hasOurs: boolean;
  readonly imageShape: readonly number[];
  readonly classes: number;
  readonly latentSize: number;
}

/** A module that registers the layers that tfjs lacks with whoever's tfjs, and loads the network. `module` has the user's own. */
export function loaderText(
  { network, imageShape, classes, latentSize }: ModelFacts,
  module: string | null,
): string {
  const context = JSON.stringify({ imageShape, latentSize, classes }).replace("{", "{ tf, ...parts, ");
  const ofModule = `
function registerOwn(tf, parts) {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const built = own.${network}(${context});
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
  return `// Registers this ${network}'s layers with your TensorFlow.js, and loads it:
//
//   import * as tf from "@tensorflow/tfjs";
//   import { load } from "./load.mjs";
//   const model = await load(tf, "model.json");
import { registerLayers as registerGanglion } from "./${LAYERS_FILE}";${module === null ? "" : `\nimport * as own from "./${module}";`}

export async function load(tf, source) {
  registerLayers(tf);
  return tf.loadLayersModel(source);
}

export function registerLayers(tf) {
  ${module === null ? "registerGanglion(tf);" : "registerOwn(tf, registerGanglion(tf));"}
}
${module === null ? "" : ofModule}`;
}

/** What has to be registered, and where its code is. */
function loadText({ own, hasOurs }: ModelFacts, module: string | null): string {
  if (module === null && !hasOurs) return `  const model = await tf.loadLayersModel("model.json");`;
  const ours = `layers that TensorFlow.js does not have, whose code is in ${LAYERS_FILE}`;
  const users = `layers of its own (${own.join(", ")}), whose code is in ${module}`;
  const what = module === null ? ours : hasOurs ? `${users}, and ${ours}` : users;
  return `It has ${what}.
load.mjs registers them, which must come before tf.loadLayersModel:

  import { load } from "./load.mjs";
  const model = await load(tf, "model.json");`;
}

export function readmeText(facts: ModelFacts, module: string | null): string {
  const { network, imageShape, classes, latentSize } = facts;
  const image = `[N, ${imageShape.join(", ")}]`;
  const labels =
    classes > 0 ? `; where it has a second input, that takes the classes one-hot, [N, ${classes}]` : "";
  const ports =
    network === "generator"
      ? `It takes standard normal noise [N, ${latentSize}]${labels}. It gives images ${image} in [-1, 1]:\nbyte = round((x + 1) * 127.5).`
      : `It takes images ${image} in [-1, 1]${labels}.`;
  const load = loadText(facts, module);
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
