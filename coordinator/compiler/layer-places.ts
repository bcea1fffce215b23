// Where a call of a program was made, as people know it: the layer's path in the weights' names, or the losses.
import type { Networks } from "./models/networks.ts";
import { layerPath } from "./models/weights.ts";

/** By the origins of calls (`sequential_2/conv2d_Conv2D1`): `discriminator/03-conv2d`. Inner layers go by the outer one's. */
export type LayerPlaces = ReadonlyMap<string, string>;

export function layerPlaces(networks: Networks): LayerPlaces {
  const places = new Map<string, string>();
  for (const [network, model] of Object.entries(networks)) {
    for (const [position, layer] of model.layers.entries())
      places.set(`${model.name}/${layer.name}`, layerPath(network, position, layer));
  }
  return places;
}

/** Null for what the losses do themselves. */
export function placeOf(places: LayerPlaces, origin: string): string | null {
  const [network, layer] = origin.split("/");
  if (layer === undefined) return null; // "" forward, "the objective" in the gradient
  return places.get(`${network}/${layer}`) ?? layer;
}
