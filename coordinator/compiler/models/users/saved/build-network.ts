// A network from what Keras has saved: built by tfjs, with the weights of the file.
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { checkedTopology } from "../arguments/saved-arguments.ts";
import { refuseOtherMeanings } from "./other-meanings.ts";
import { refuseUnknownLayers } from "./unknown-layers.ts";
import { sourcesIn } from "./inbound-nodes.ts";
import { refuseUnmadeOutputs } from "./check-nodes.ts";
import { isModel, layersOf, nameOf } from "./described-layers.ts";
import { tfjsTopology } from "./keras3-topology.ts";
import { matchWeights } from "./match-weights.ts";
import { placesOf } from "./place-weights.ts";
import type { DescribedNetwork, Json } from "./saved-network.ts";

/**
 * @throws GanglionError MODEL for arguments that tfjs does not know; Error with the reason, as the rest of a sentence about
 * the file, for all else that tfjs cannot build as Keras did
 */
export async function buildNetwork(saved: DescribedNetwork, path: string): Promise<LayersModel> {
  refuseUnknownLayers(saved.topology);
  refuseOtherMeanings(saved.topology);
  const topology = checkedTopology(path, tfjsTopology(saved.topology));
  refuseUnmadeOutputs(topology);
  const model = await loadLayersModel(tf.io.fromMemory({ modelTopology: topology }));
  checkWiring(topology, model);
  if (saved.weights === null) return model;
  for (const { place, weight } of matchWeights(placesOf(topology, model), saved.weights)) {
    const values = tf.tensor(weight.values, [...weight.shape]);
    place.variable.write(values);
    values.dispose();
  }
  return model;
}

/**
 * Where a layer is applied several times, tfjs may apply it in another order than Keras did, and then takes one output for
 * another.
 */
function checkWiring(topology: Json, model: LayersModel): void {
  for (const saved of layersOf(topology)) {
    const layer = model.layers.find(({ name }) => name === nameOf(saved));
    if (layer === undefined) continue;
    if (isModel(saved)) checkWiring(saved, layer as LayersModel);
    for (const [i, sources] of sourcesIn(saved["inbound_nodes"]).entries()) {
      const { inboundLayers, nodeIndices, tensorIndices } = layer.inboundNodes[i + (isModel(saved) ? 1 : 0)];
      const built = inboundLayers.map(({ name }, k) => [name, nodeIndices[k], tensorIndices[k]].join());
      if (built.join(" ") !== sources.map((source) => source.slice(0, 3).join()).join(" "))
        throw new Error(
          `layer ${layer.name} is applied ${layer.inboundNodes.length} times, in an order that tfjs does not keep: write it as several layers, and save it again`,
        );
    }
  }
}
