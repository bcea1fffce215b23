// Which networks a preset's name stands for, and the images they draw.
import { GanglionError } from "../../../../shared/errors.ts";
import { nearest } from "../../../../shared/config/nearest.ts";
import { dcgan } from "./dcgan.ts";
import type { ModelContext } from "../users/model-context.ts";
import type { Builders } from "../users/model-module.ts";
import * as seedCnn from "./seed-cnn.ts";
import * as seedGan from "./seed-gan.ts";

interface PresetModel {
  readonly builders: Builders;
  /** [H, W] or [H, W, C] that the generator draws; absent where it follows the data. */
  readonly draws?: readonly number[];
}

const PRESET_MODELS: Readonly<Record<string, PresetModel>> = {
  digits: { builders: dcgan(32), draws: [28, 28] },
  mnist: { builders: dcgan(64), draws: [28, 28] },
  "seed-gan": { builders: seedGan, draws: [28, 28, 1] },
  "seed-gan-conv": {
    builders: {
      generator: seedGan.generator,
      discriminator: seedGan.convolutionalDiscriminator,
    },
    draws: [28, 28, 1],
  },
  "seed-cnn": { builders: seedCnn },
};

type Images = Pick<ModelContext, "imageShape">;

/**
 * The builders of a preset; the generator's refuses images of a size that it does not draw.
 *
 * @throws GanglionError MODEL that suggests the nearest name
 */
export function presetModel(
  name: string,
  data: string,
  { imageShape }: Images,
): { readonly builders: Builders } {
  const model = Object.hasOwn(PRESET_MODELS, name) ? PRESET_MODELS[name] : undefined; // not what all objects have
  if (!model) {
    throw new GanglionError(
      "MODEL",
      `there are no networks "${name}": did you mean ${nearest(name, Object.keys(PRESET_MODELS))}?`,
    );
  }
  const { builders, draws } = model;
  if (!draws || draws.every((size, axis) => size === imageShape[axis])) return { builders };
  const generator = (): never => {
    throw new GanglionError(
      "MODEL",
      `the generator of preset ${name} draws ${draws.join("×")} images, and those of ${data} are ` +
        `${imageShape.join("×")}: give networks for that size with --model FILE (or a saved one with --generator FILE)`,
    );
  };
  return { builders: { ...builders, generator } };
}
