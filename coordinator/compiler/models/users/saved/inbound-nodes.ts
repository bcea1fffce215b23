// What the layers of a functional model are applied to, from Keras 3's form to the one that tfjs reads.
import { isObject } from "../../../../../shared/is-object.ts";
import type { Json } from "./saved-network.ts";

/** A tensor by the layer that gives it, the application of that layer, and which of its outputs it is. */
export type Source = readonly [layer: string, node: number, tensor: number];

/** The models among the layers: tfjs counts the model's own making as its first application, Keras 3 does not. */
export type InnerModels = ReadonlySet<string>;

/**
 * The nodes of one layer as tfjs has them, a list of sources for each application. Keras 2's are as they should be.
 *
 * @throws Error with the reason, as what follows the layer's name
 */
export function tfjsNodes(nodes: unknown, inner: InnerModels): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((node: unknown) => (isOfKeras3(node) ? sourcesOf(node, inner) : node));
}

export function isOfKeras3(node: unknown): node is Json {
  return isObject(node) && "args" in node;
}

/** Every source, in order, of nodes in tfjs's form. */
export function sourcesIn(nodes: unknown): readonly (readonly Source[])[] {
  return Array.isArray(nodes) ? (nodes as Source[][]) : [];
}

/** `["noise", 0, 0]` for one end of a model, or a list of them, becomes a list. */
export function tfjsEnds(ends: unknown, which: "inputs" | "outputs", inner: InnerModels): unknown {
  if (!Array.isArray(ends))
    throw new Error(
      `has its ${which} in a dictionary, which leaves open their order: build it with a list of ${which}`,
    );
  if (typeof ends[0] === "string") return [counted(ends as unknown as Source, inner)];
  if (ends.some((end) => !Array.isArray(end) || typeof end[0] !== "string"))
    throw new Error(`has its ${which} in nested lists: build it with one list of ${which}`);
  return (ends as Source[]).map((end) => counted(end, inner));
}

function counted([layer, node, tensor]: Source, inner: InnerModels): Source {
  return [layer, inner.has(layer) ? node + 1 : node, tensor];
}

function sourcesOf({ args, kwargs }: Json, inner: InnerModels): readonly (readonly [...Source, object])[] {
  const [inputs, ...others] = (Array.isArray(args) ? args : []) as unknown[];
  const surplus = others.find((value) => !isNothing(value));
  if (surplus !== undefined)
    throw new Error(
      `is called with ${argumentText(surplus)} besides its input: give a layer that merges them all in a list, keras.layers.Add()([a, b])`,
    );
  for (const [name, value] of Object.entries(isObject(kwargs) ? kwargs : {})) {
    if (name === "training" || isNothing(value)) continue; // how the model is called decides, in Keras too
    throw new Error(
      `is called with ${name}=${argumentText(value)}, which tfjs does not keep: call it without`,
    );
  }
  return [inputs].flat().map((input) => [...counted(historyOf(input), inner), {}]);
}

/** No mask, or none for any of several inputs. */
function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.every(isNothing));
}

function historyOf(input: unknown): Source {
  const { class_name: kind, config } = (isObject(input) ? input : {}) as Json;
  const { keras_history: history } = (isObject(config) ? config : {}) as Json;
  if (kind === "__keras_tensor__" && Array.isArray(history)) return history as unknown as Source;
  throw new Error(
    `is given ${argumentText(input)}, which is no output of a layer: make constants in a layer`,
  );
}

function argumentText(value: unknown): string {
  if (isObject(value) && (value as Json)["class_name"] === "__keras_tensor__") return "a second tensor";
  return (JSON.stringify(value) ?? "nothing").slice(0, 60);
}
