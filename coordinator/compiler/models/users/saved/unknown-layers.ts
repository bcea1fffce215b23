// Layers that tfjs does not have, named before it is asked to build them.
import { serialization } from "@tensorflow/tfjs-core";
import { LAYER_ARGUMENTS } from "../arguments/layer-arguments.ts";
import { nearName } from "../arguments/suggestion.ts";
import { isModel, layersWithin, modelIn, nameOf } from "./described-layers.ts";
import type { Json } from "./saved-network.ts";

const OWN_CLASSES = Object.values(LAYER_ARGUMENTS).map(({ className }) => className);

/** By the class of Keras: what to take in its place. */
const INSTEAD: Readonly<Record<string, string>> = {
  Lambda: "its function is Python, so write it with layers that tfjs has",
  Subtract: "add with keras.layers.Add what keras.layers.Rescaling(-1.0) was applied to",
  GroupNormalization: "take LayerNormalization or BatchNormalization",
  SpectralNormalization: "give the network as a module (--model), which has it as layers.spectralNorm",
  SpatialDropout2D: "take Dropout",
  SpatialDropout1D: "take Dropout",
  ActivityRegularization: "leave it out",
  Normalization: "take Rescaling",
};

/** What tfjs takes for names of tensors. */
const NAME = /^[A-Za-z0-9][-\w./]*$/;

/** @throws Error with layer and remedy, as the rest of a sentence about the file */
export function refuseUnknownLayers(topology: Json): void {
  for (const layer of layersWithin(modelIn(topology))) {
    const fault = faultOf(layer);
    if (fault !== null) throw new Error(fault);
    if (!NAME.test(nameOf(layer)))
      throw new Error(
        `layer ${JSON.stringify(nameOf(layer))} has a name that tfjs does not take: name it with letters, digits and _`,
      );
  }
}

function faultOf(layer: Json): string | null {
  const { class_name: className, module, registered_name: registered } = layer;
  const kind = String(className);
  if (isModel(layer)) return null;
  const named = `layer ${nameOf(layer)}`;
  if (/^keras(\.src)?\.ops\b/.test(String(module)))
    return `${named} (${kind}) is no layer but an operation (keras.ops, or a sign such as +): write it with a layer, keras.layers.Add()([a, b])`;
  if (OWN_CLASSES.includes(kind) && isOfUser(module, registered))
    return `${named} is a class of the user's own that is called ${kind} like one of Keras: give it another name, and register a class of that name in the module of --model`;
  if (Object.hasOwn(serialization.SerializationMap.getMap().classNameMap, kind)) return null;
  return `${named} is a ${kind}, which tfjs does not have: ${instead(kind)}; then save it again`;
}

/** Keras keeps where a class comes from; a converter may have left that out. */
function isOfUser(module: unknown, registered: unknown): boolean {
  const isElsewhere = typeof module === "string" && !/^keras\b/.test(module);
  return isElsewhere || (typeof registered === "string" && /^(?!keras)[^>]*>/.test(registered));
}

function instead(kind: string): string {
  if (Object.hasOwn(INSTEAD, kind)) return INSTEAD[kind];
  const near = nearName(kind, OWN_CLASSES);
  return `take layers that tfjs has${near === undefined ? "" : ` (it has ${near})`}, or register a class of this name in the module of --model`;
}
