// Whether every output that a functional model uses is made: tfjs would wait for one that is not, for ever.
import { isObject } from "../../../../../shared/is-object.ts";
import { isModel, layersOf, nameOf } from "./described-layers.ts";
import { type Source, sourcesIn } from "./inbound-nodes.ts";
import type { Json } from "./saved-network.ts";

/**
 * `model` and the models in it, with nodes in tfjs's form.
 *
 * @throws Error that names layer and output, as the rest of a sentence about the file
 */
export function refuseUnmadeOutputs(model: Json): void {
  const layers = layersOf(model);
  for (const layer of layers) if (isModel(layer)) refuseUnmadeOutputs(layer);
  const made = new Map(layers.map((layer) => [nameOf(layer), hasOwnOutput(layer) ? 1 : 0]));
  const isMade = ([name, node]: Source): boolean => node < (made.get(name) ?? 0);
  let waiting = layers.flatMap((layer) =>
    sourcesIn(layer["inbound_nodes"])
      .filter((sources) => sources.length > 0)
      .map((sources) => ({ name: nameOf(layer), sources })),
  );
  for (let before = Infinity; waiting.length < before;) {
    before = waiting.length;
    waiting = waiting.filter(({ name, sources }) => {
      if (!sources.every(isMade)) return true;
      made.set(name, made.get(name)! + 1);
      return false;
    });
  }
  for (const { name, sources } of waiting)
    throw unmade(
      `layer ${name}`,
      sources.find((one) => !isMade(one))!,
    );
  const { input_layers: inputs, output_layers: outputs } = (
    isObject(model["config"]) ? model["config"] : {}
  ) as Json;
  for (const end of [inputs, outputs].flatMap((ends) => (Array.isArray(ends) ? (ends as Source[]) : [])))
    if (!isMade(end)) throw unmade("the model", end);
}

/** An input gives what comes in, and a model was applied to its own inputs as it was made. */
function hasOwnOutput(layer: Json): boolean {
  return layer["class_name"] === "InputLayer" || isModel(layer);
}

function unmade(user: string, [layer, node]: Source): Error {
  return new Error(
    `${user} needs output ${node} of layer ${layer}, which is never made: the file is damaged, or was edited; save it again`,
  );
}
