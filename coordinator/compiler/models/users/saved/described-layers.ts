// How a topology describes a model and its layers, whoever wrote it.
import { isObject } from "../../../../../shared/is-object.ts";
import type { Json } from "./saved-network.ts";

/** Models by the names that Keras 2 and 3 have for them; a class of the user's own is none. */
const MODELS = new Set(["Sequential", "Functional", "Model"]);

/** The model itself: a converter puts it beside its version. */
export function modelIn(topology: Json): Json {
  const { model_config: config } = topology;
  return (isObject(config) ? config : topology) as Json;
}

export function isModel({ class_name: className }: Json): boolean {
  return MODELS.has(String(className));
}

/** The descriptions of a model's layers. */
export function layersOf(model: Json): readonly Json[] {
  const { config } = model;
  const { layers } = (isObject(config) ? config : {}) as Json;
  return (Array.isArray(config) ? config : Array.isArray(layers) ? layers : []) as readonly Json[];
}

/** A layer's name, which a model made of layers in a row keeps in their configs only. */
export function nameOf({ name, config }: Json): string {
  const own = (isObject(config) ? config : {}) as Json;
  return String(own["name"] ?? name);
}

/** The layers of a model at every depth, with those that others wrap or repeat. */
export function layersWithin(model: Json): readonly Json[] {
  return layersOf(model).flatMap((layer) => {
    if (isModel(layer)) return layersWithin(layer);
    const config = (isObject(layer["config"]) ? layer["config"] : {}) as Json;
    const parts = ["layer", "backward_layer", "cell", "cells"].flatMap((key) => [config[key] ?? []].flat());
    const inner = parts.filter(isObject) as readonly Json[];
    return [layer, ...inner.flatMap((part) => layersWithin({ config: [part] }))];
  });
}
