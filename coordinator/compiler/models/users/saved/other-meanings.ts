// What Keras and tfjs call by one name and compute otherwise: such a network would silently be another one.
import { isObject } from "../../../../../shared/is-object.ts";
import { layersWithin, modelIn, nameOf } from "./described-layers.ts";
import { activationOf } from "./keras3-topology.ts";
import type { Json } from "./saved-network.ts";

const SAVE = "and save it again";

/** @throws Error with layer and remedy, as the rest of a sentence about the file */
export function refuseOtherMeanings(topology: Json): void {
  const isKeras2 = String(topology["keras_version"]).startsWith("2");
  const layers = layersWithin(modelIn(topology));
  const isMasked = layers.some(
    (layer) => layer["class_name"] === "Masking" || configOf(layer)["mask_zero"] === true,
  );
  for (const layer of layers) {
    const other = otherMeaning(layer, isKeras2) ?? (isMasked ? maskedMeaning(layer) : null);
    if (other !== null) throw new Error(`layer ${nameOf(layer)} (${String(layer["class_name"])}) ${other}`);
  }
}

function otherMeaning(layer: Json, isKeras2: boolean): string | null {
  const config = configOf(layer);
  for (const name of ["activation", "recurrent_activation"]) {
    const activation = activationOf(config[name]);
    if (activation === "hard_sigmoid" && !isKeras2)
      return `has ${name} "hard_sigmoid", relu6(x + 3) / 6 in Keras 3 and clip(0.2 x + 0.5) in tfjs: take another, ${SAVE}`;
    if (activation === "leaky_relu")
      return `has ${name} "leaky_relu", which tfjs has as a layer only: add keras.layers.LeakyReLU(0.2) after it, ${SAVE}`;
  }
  switch (layer["class_name"]) {
    case "BatchNormalization":
      return config["trainable"] === false
        ? `is frozen, so that Keras normalizes with the statistics it has kept, and tfjs with each batch's: set model.trainable = True, ${SAVE}`
        : null;
    case "UpSampling2D":
      return config["interpolation"] === "bilinear"
        ? `is bilinear, which Keras and tfjs compute from other places of the image: take interpolation="nearest", ${SAVE}`
        : null;
    case "Resizing":
      return `resizes from other places of the image in Keras than in tfjs: take UpSampling2D or AveragePooling2D, ${SAVE}`;
    default:
      return null;
  }
}

/** What a recurrent layer gives where the mask is off matters only where there is one. */
function maskedMeaning(layer: Json): string | null {
  return configOf(layer)["zero_output_for_mask"] === true
    ? `gives zeros where its input is masked, and tfjs what came before: leave the mask out, ${SAVE}`
    : null;
}

function configOf({ config }: Json): Json {
  return (isObject(config) ? config : {}) as Json;
}
