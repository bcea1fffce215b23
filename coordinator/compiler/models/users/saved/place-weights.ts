// Which of a file's weights belongs to which layer of the network that was built from it.
import type { LayersModel, layers as layersApi } from "@tensorflow/tfjs-layers";
import { isModel, layersOf, nameOf } from "./described-layers.ts";
import type { Json } from "./saved-network.ts";

type Layer = layersApi.Layer;
export type Variable = Layer["weights"][number];

/** A weight of the network and the two ways in which Keras names it. */
export interface Place {
  readonly variable: Variable;
  /** Names of models and layers from the outside in, and the weight's own: `["inner", "dense", "kernel"]`. */
  readonly names: readonly string[];
  /** In a .keras file, where layers are counted by their classes: `layers/sequential/layers/dense_1/vars/0`. */
  readonly path: string;
}

/** Parts that a layer repeats or wraps, by tfjs's and Keras's names for them. */
const PARTS = {
  cell: "cell",
  layer: "layer",
  forwardLayer: "forward_layer",
  backwardLayer: "backward_layer",
} as const;

/** Every weight of `model`, which was built from `topology`. */
export function placesOf(topology: Json, model: LayersModel): readonly Place[] {
  return placesInModel(topology, model, "", []);
}

function placesInModel(
  topology: Json,
  model: LayersModel,
  path: string,
  names: readonly string[],
): readonly Place[] {
  const counted = new Map<string, number>();
  return layersOf(topology).flatMap((saved) => {
    const name = nameOf(saved);
    const own = `${path}layers/${numbered(counted, snakeCase(String(saved["class_name"])))}`;
    const layer = model.layers.find((candidate) => candidate.name === name);
    return layer === undefined ? [] : placesInLayer(saved, layer, own, [...names, name]);
  });
}

function placesInLayer(saved: Json, layer: Layer, path: string, names: readonly string[]): readonly Place[] {
  if (isModel(saved)) return placesInModel(saved, layer as LayersModel, `${path}/`, names);
  const { config } = saved;
  const parts = Object.entries(PARTS).flatMap(([property, part]) => {
    const inner = (layer as unknown as Record<string, unknown>)[property] as Layer | undefined;
    if (inner?.weights === undefined) return [];
    const description = ((config ?? {}) as Json)[part] ?? ((config ?? {}) as Json)["layer"] ?? {};
    return placesInLayer(
      description as Json,
      inner,
      `${path}/${part}`,
      partNames(part, names, description as Json, inner),
    );
  });
  if (parts.length > 0) return parts;
  const cells = (layer as unknown as { readonly cells?: readonly Layer[] }).cells;
  if (cells !== undefined) {
    const counted = new Map<string, number>();
    return cells.flatMap((cell) =>
      placesInLayer({}, cell, `${path}/cells/${numbered(counted, snakeCase(cell.getClassName()))}`, [...names, cell.name]),
    ); // prettier-ignore
  }
  return layer.weights.map((variable, i) => ({
    variable,
    names: [...names, variable.originalName.split("/").at(-1)!],
    path: `${path}/vars/${i}`,
  }));
}

/** A cell has a name of its own that files may leave out; the two directions are called by theirs. */
function partNames(
  part: string,
  names: readonly string[],
  description: Json,
  inner: Layer,
): readonly string[] {
  if (part === "cell" || part === "layer") return names;
  const isDescribed = part === "backward_layer" || "config" in description;
  return [...names, isDescribed ? nameOf(description) : inner.name];
}

/** `dense`, `dense_1`, `dense_2`: as Keras counts what has one name. */
function numbered(counted: Map<string, number>, name: string): string {
  const before = counted.get(name) ?? 0;
  counted.set(name, before + 1);
  return before === 0 ? name : `${name}_${before}`;
}

/** As Keras's `to_snake_case`: LeakyReLU is leaky_re_lu, Conv2DTranspose conv2d_transpose. */
function snakeCase(name: string): string {
  return name
    .replaceAll(/\W/g, "")
    .replace(/(.)([A-Z][a-z]+)/g, "$1_$2")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
