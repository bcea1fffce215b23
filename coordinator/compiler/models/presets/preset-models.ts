// Which networks a preset's name stands for, and the images they draw.
import type { RunConfig } from "../../../../shared/config/config.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { nearest } from "../../../../shared/config/nearest.ts";
import { dcgan } from "./dcgan.ts";
import type { Builders } from "../users/model-module.ts";
import * as seedCnn from "./seed-cnn.ts";
import * as seedGan from "./seed-gan.ts";

type PresetModel =
  | { readonly kind: "dcgan"; /** F where a config names none. */ readonly filters: number }
  | {
      readonly kind: "fixed";
      readonly builders: Builders;
      /** [H, W, C] that the generator draws; absent where it follows the data. */
      readonly draws?: readonly number[];
    };

const PRESET_MODELS: Readonly<Record<string, PresetModel>> = {
  dcgan: { kind: "dcgan", filters: 64 },
  digits: { kind: "dcgan", filters: 32 },
  mnist: { kind: "dcgan", filters: 64 },
  "seed-gan": { kind: "fixed", builders: seedGan, draws: [28, 28, 1] },
  "seed-gan-conv": {
    kind: "fixed",
    builders: {
      generator: seedGan.generator,
      discriminator: seedGan.convolutionalDiscriminator,
    },
    draws: [28, 28, 1],
  },
  "seed-cnn": { kind: "fixed", builders: seedCnn },
};

/** The model of a config that names a preset's. */
export type NamedModel = Extract<RunConfig["model"], { kind: "preset" }>;

/** F of the networks that a config names; undefined where they have no such choice. */
export function filtersOf({ name, filters }: NamedModel): number | undefined {
  const model = find(name);
  return model?.kind === "dcgan" ? (filters ?? model.filters) : undefined;
}

/** The networks that `filters` makes wider or narrower, by name. */
export function namesWithFilters(): readonly string[] {
  return Object.keys(PRESET_MODELS).filter((name) => PRESET_MODELS[name].kind === "dcgan");
}

/**
 * The builders of a preset; the generator's refuses images of a size that it does not draw.
 *
 * @throws GanglionError MODEL that suggests the nearest name
 */
export function presetModel(
  named: NamedModel,
  data: string,
  { imageShape }: { readonly imageShape: readonly number[] },
): { readonly builders: Builders } {
  const { name } = named;
  const model = find(name);
  if (!model) {
    throw new GanglionError(
      "MODEL",
      `there are no networks "${name}": did you mean ${nearest(name, Object.keys(PRESET_MODELS))}?`,
    );
  }
  if (model.kind === "dcgan") return { builders: dcgan(named.filters ?? model.filters) };
  const { builders, draws } = model;
  if (!draws || draws.every((size, axis) => size === imageShape[axis])) return { builders };
  const generator = (): never => {
    throw new GanglionError(
      "MODEL",
      `the generator of preset ${name} draws ${draws.join("×")} images, and those of ${data} are ` +
        `${imageShape.join("×")}: choose --preset dcgan, which follows the size, or give networks for it with --model FILE (or a saved one with --generator FILE)`,
    );
  };
  return { builders: { ...builders, generator } };
}

function find(name: string): PresetModel | undefined {
  return Object.hasOwn(PRESET_MODELS, name) ? PRESET_MODELS[name] : undefined; // not what all objects have
}
