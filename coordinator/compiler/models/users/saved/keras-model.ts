// A saved network, to train on: tfjs's model.json, or what Keras saves (.keras, .h5), told by content and not by name.
import { resolve } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import { GanglionError, messageOf } from "../../../../../shared/errors.ts";
import { readRegularBytes } from "../../../../../shared/regular-file.ts";
import { checkedTopology } from "../arguments/saved-arguments.ts";
import { oneLine } from "../failures.ts";
import { tensorflow } from "../model-context.ts";
import { buildNetwork } from "./build-network.ts";
import { refuseUnmadeOutputs } from "./check-nodes.ts";
import { modelIn } from "./described-layers.ts";
import { isHdf5 } from "./files/hdf5-weights.ts";
import { isKeras3, isOfKeras } from "./keras3-topology.ts";
import { isZip, readKerasArchive } from "./files/keras-archive.ts";
import { readKerasH5 } from "./files/keras-h5.ts";
import { type ModelJson, readModelJson, weightsOf } from "./files/model-json.ts";
import { refuseOtherMeanings } from "./other-meanings.ts";
import type { SavedNetwork } from "./saved-network.ts";
import { undrawn } from "./undrawn.ts";

/**
 * The model with the weights it was saved with, to train on.
 *
 * @throws GanglionError MODEL naming the file that is missing, short, no model, out of the model's folder, or has a layer,
 * or an argument of one, that tfjs does not know or reads otherwise
 */
export async function loadKerasModel(path: string): Promise<LayersModel> {
  const saved = await readSavedNetwork(path);
  tensorflow(); // some layers of tf.layers call ops as methods of tensors
  try {
    if ("weights" in saved) return await buildNetwork(saved, path);
    const { fromKeras, withoutWeights } = saved;
    const topology = withoutWeights ? undrawn(saved.topology) : saved.topology;
    if (fromKeras || isKeras3(topology))
      return await buildNetwork({ topology, weights: withoutWeights ? null : weightsOf(saved) }, path);
    if (isOfKeras(topology)) refuseOtherMeanings(topology);
    const modelTopology = checkedTopology(path, topology);
    refuseUnmadeOutputs(modelIn(modelTopology));
    return await loadLayersModel(
      tf.io.fromMemory(withoutWeights ? { modelTopology } : { ...saved, modelTopology }),
    );
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw new GanglionError("MODEL", `${path} cannot be built: ${firstSentence(messageOf(cause))}`, {
      cause,
    });
  }
}

/** What a file holds, before anything is built. Throws GanglionError MODEL where it is no saved network. */
export async function readSavedNetwork(path: string): Promise<SavedNetwork | ModelJson> {
  const file = resolve(path);
  try {
    const bytes = await readRegularBytes(file);
    if (isZip(bytes)) return await readKerasArchive(bytes);
    if (isHdf5(bytes)) return await readKerasH5(bytes);
    return await readModelJson(bytes, file);
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    const code = cause instanceof Error && "code" in cause ? cause.code : null;
    const why = code === "ENOENT" ? "there is no such file" : oneLine(messageOf(cause));
    const remedy = /save|copy/.test(why)
      ? ""
      : '; give the model.json that LayersModel.save or tensorflowjs_converter writes, or the .keras file of Keras\'s model.save("model.keras")';
    throw new GanglionError("MODEL", `${path} is no saved network: ${why}${remedy}`, { cause });
  }
}

/** tfjs explains at length how an unknown layer may be registered; the first sentence says which it is. */
function firstSentence(message: string): string {
  return message.split(/(?<=\.)\s/)[0];
}
