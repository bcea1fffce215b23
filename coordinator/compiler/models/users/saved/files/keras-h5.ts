// Keras's older form, a whole model in one HDF5 file: the topology is an attribute, the weights are below it.
import { isObject } from "../../../../../../shared/is-object.ts";
import { parseJson } from "../../../../../../shared/json/parse-json.ts";
import { readHdf5 } from "./hdf5-weights.ts";
import type { Json, SavedNetwork, SavedWeight } from "../saved-network.ts";

/** @throws Error with the reason, as the rest of a sentence about the file */
export async function readKerasH5(bytes: Buffer): Promise<SavedNetwork> {
  const { weights, attributes } = await readHdf5(bytes, "model_weights");
  const { model_config: config, keras_version: version } = attributes;
  if (typeof config !== "string")
    throw new Error(
      'it is an HDF5 file of weights alone, without the layers: save the whole model, model.save("model.keras")',
    );
  const topology = parseJson(Buffer.from(config));
  if (!isObject(topology)) throw new Error("its model_config is no object");
  const named = [...weights].map(([path, weight]): [string, SavedWeight] => [
    path.replace(/:\d+$/, ""),
    weight,
  ]);
  return { topology: { keras_version: version, ...(topology as Json) }, weights: new Map(named) };
}
