// The topology of a network that Keras 3 saved, in the words that tfjs reads.
import { isObject } from "../../../../../shared/is-object.ts";
import { isModel, layersOf, modelIn, nameOf } from "./described-layers.ts";
import { type InnerModels, isOfKeras3, tfjsEnds, tfjsNodes } from "./inbound-nodes.ts";
import type { Json } from "./saved-network.ts";

/** Takes no time, whatever the size. */
const ZEROS: Json = { class_name: "Zeros", config: {} };

/** Whether Keras 3 wrote it: by its version, or by words that only Keras 3 has. */
export function isKeras3(topology: Json): boolean {
  const version = topology["keras_version"];
  if (typeof version === "string") return /^[3-9]/.test(version);
  const text = JSON.stringify(topology);
  return ["__keras_tensor__", "DTypePolicy", '"batch_shape"', '"registered_name"'].some((word) =>
    text.includes(word),
  );
}

/** Whether Keras, and not tfjs, wrote it. */
export function isOfKeras({ keras_version: version }: Json): boolean {
  return typeof version === "string" && /^\d/.test(version);
}

/** @throws Error with the layer and the reason, as the rest of a sentence about the file */
export function tfjsTopology(topology: Json): Json {
  return modelOf(modelIn(topology));
}

function modelOf(model: Json): Json {
  const { class_name: className, config } = model;
  if (!isModel(model))
    throw new Error(
      `it is a ${String(className)}, a model class of its own: build it with keras.Sequential or keras.Model(inputs, outputs), and save that`,
    );
  const { build_input_shape: shape, dtype: _dtype, ...rest } = (isObject(config) ? config : {}) as Json;
  const inner = innerModels(model);
  const layers = layersOf(model).map((layer) => within(layer, () => layerOf(layer, inner)));
  if (className === "Sequential")
    return { class_name: className, config: { ...rest, layers: withInput(layers, shape) } };
  return within(model, () => ({
    class_name: className,
    config: {
      ...rest,
      layers,
      input_layers: tfjsEnds(rest["input_layers"], "inputs", inner),
      output_layers: tfjsEnds(rest["output_layers"], "outputs", inner),
    },
  }));
}

/** Where nodes are written as Keras 3 does; in Keras 2's form they are counted as tfjs does. */
function innerModels(model: Json): InnerModels {
  const layers = layersOf(model);
  const isNew = layers.some(({ inbound_nodes: nodes }) => Array.isArray(nodes) && nodes.some(isOfKeras3));
  return new Set(isNew ? layers.filter(isModel).map(nameOf) : []);
}

function layerOf(layer: Json, inner: InnerModels = new Set()): Json {
  const { name, class_name: className, config, inbound_nodes: nodes } = layer;
  const built = isModel(layer)
    ? modelOf(layer)
    : { class_name: className, config: isObject(config) ? configOf(config as Json) : config };
  return {
    ...built,
    ...(name !== undefined && { name }),
    ...(nodes !== undefined && { inbound_nodes: tfjsNodes(nodes, inner) }),
  };
}

function configOf(config: Json): Json {
  const read: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    if (key === "batch_shape") read["batch_input_shape"] = value;
    else if (key === "dtype") read[key] = dtypeOf(value);
    else if (key === "zero_output_for_mask") continue; // where there is a mask, it was refused
    else if (key.endsWith("activation")) read[key] = activationOf(value);
    else if (key.endsWith("_initializer")) read[key] = ZEROS; // the weights come from the file
    else read[key] = valueOf(value);
  }
  return read;
}

/** By its name, also where it was given as a function. */
export function activationOf(activation: unknown): unknown {
  const { class_name: className, config } = (isObject(activation) ? activation : {}) as Json;
  const name = className === "function" ? config : activation;
  return name === "silu" ? "swish" : name;
}

/** What stands inside a layer's config: a regularizer, another layer. */
function valueOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(valueOf);
  if (!isObject(value)) return value;
  const { class_name: className, config, module } = value as Json;
  if (!isObject(config)) return value;
  const own = config as Json;
  if (className === "L1" || className === "L2")
    return { class_name: "L1L2", config: { l1: own["l1"] ?? 0, l2: own["l2"] ?? 0 } };
  if (/^keras(\.src)?\.(regularizers|constraints|activations)/.test(String(module)))
    return { class_name: className, config: own };
  return isModel(value as Json) ? modelOf(value as Json) : layerOf(value as Json);
}

/** tfjs computes in float32; whole numbers are what an embedding takes. */
function dtypeOf(dtype: unknown): unknown {
  const { class_name: className, config } = (isObject(dtype) ? dtype : {}) as Json;
  const policy = (isObject(config) ? config : {}) as Json;
  const name = isObject(dtype) ? (policy["name"] ?? className) : dtype;
  if (typeof name !== "string" || ["float32", "int32", "bool"].includes(name)) return name;
  throw new Error(
    `computes in ${name}, and tfjs in float32: build it after keras.config.set_dtype_policy("float32")`,
  );
}

/** A model that was built without an Input knows the shape it was built for. */
function withInput(layers: readonly Json[], shape: unknown): readonly Json[] {
  const [first, ...others] = layers;
  if (first === undefined) throw new Error("has no layers");
  const config = first["config"] as Json;
  if (first["class_name"] === "InputLayer" || config["batch_input_shape"] != null || isModel(first))
    return layers;
  if (!Array.isArray(shape))
    throw new Error(
      "it was never built, so that it has no weights: call model.build((None, …)) and save it again",
    );
  return [{ ...first, config: { ...config, batch_input_shape: shape as unknown } }, ...others];
}

/** Says of which layer the reason is; the innermost says it. */
function within<T>(layer: Json, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof LayerFault) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LayerFault(
      /^it (is|was)\b/.test(reason)
        ? reason
        : `layer ${nameOf(layer)} (${String(layer["class_name"])}) ${reason}`,
      { cause },
    );
  }
}

class LayerFault extends Error {}
