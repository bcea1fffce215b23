// Which networks a preset's name stands for, and the images they draw.
import type { RunConfig } from "../../../../shared/config/config.ts";
import { GanglionError } from "../../../../shared/errors.ts";
import { nearest } from "../../../../shared/config/nearest.ts";
import {
  type Choices,
  type ImageShape,
  type NamedModel,
  type ScaledModel,
  attendedSide,
  choicesOf,
} from "./choices.ts";
import { DCGAN } from "./dcgan.ts";
import { R3GAN } from "./r3gan.ts";
import { RESNET } from "./resnet.ts";
import type { Builders } from "../users/model-module.ts";
import * as seedCnn from "./seed-cnn.ts";
import * as seedGan from "./seed-gan.ts";

interface FixedModel {
  readonly kind: "fixed";
  readonly builders: Builders;
  /** [H, W, C] that the generator draws; absent where it follows the data. */
  readonly draws?: readonly number[];
}

const PRESET_MODELS: Readonly<Record<string, ScaledModel | FixedModel>> = {
  dcgan: { kind: "scaled", architecture: DCGAN, usual: { filters: 64 } },
  digits: { kind: "scaled", architecture: DCGAN, usual: { filters: 32 } },
  mnist: { kind: "scaled", architecture: DCGAN, usual: { filters: 64 } },
  resnet: { kind: "scaled", architecture: RESNET, usual: { filters: 32 } },
  sagan: {
    kind: "scaled",
    architecture: RESNET,
    usual: { filters: 32, spectralNorm: "both", attention: "usual", initializer: "orthogonal" },
  },
  r3gan: { kind: "scaled", architecture: R3GAN, usual: { filters: 32 } },
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

/** F of the networks that a config names; undefined where they have no such choice. */
export function filtersOf({ name, filters }: NamedModel): number | undefined {
  const model = find(name);
  return model?.kind === "scaled" ? (filters ?? model.usual.filters) : undefined;
}

/** The networks that follow the size of the images, whose parts can be chosen, by name. */
export function namesWithChoices(): readonly string[] {
  return Object.keys(PRESET_MODELS).filter((name) => PRESET_MODELS[name].kind === "scaled");
}

/** What of a config decides about a preset's networks. */
export type NetworkConfig = Pick<RunConfig, "model" | "conditional" | "conditioning">;

/** The choices of a config's networks with their architecture; null where there are none to make. */
export function chosenNetworks({
  model,
  ...labels
}: NetworkConfig): (Pick<ScaledModel, "architecture"> & { readonly choices: Choices }) | null {
  const scaled = model.kind === "preset" ? find(model.name) : undefined;
  if (model.kind !== "preset" || scaled?.kind !== "scaled") return null;
  return { architecture: scaled.architecture, choices: choicesOf(scaled, model, labels) };
}

/**
 * The builders of a preset; they refuse images of a size that they do not draw.
 *
 * @throws GanglionError MODEL that suggests the nearest name; CONFIG for choices that do not fit the images
 */
export function presetModel(
  config: NetworkConfig & { readonly model: NamedModel; readonly data: string },
  { imageShape }: { readonly imageShape: ImageShape },
): { readonly builders: Builders } {
  const { name } = config.model;
  const model = find(name);
  if (!model) {
    throw new GanglionError(
      "MODEL",
      `there are no networks "${name}": did you mean ${nearest(name, Object.keys(PRESET_MODELS))}?`,
    );
  }
  if (model.kind === "scaled") {
    attentionAt(config, imageShape);
    const choices = choicesOf(model, config.model, config);
    return { builders: model.architecture.builders(choices) };
  }
  const { builders, draws } = model;
  if (!draws || draws.every((size, axis) => size === imageShape[axis])) return { builders };
  const generator = (): never => {
    throw new GanglionError(
      "MODEL",
      `the generator of preset ${name} draws ${draws.join("×")} images, and those of ${config.data} are ` +
        `${imageShape.join("×")}: choose --preset dcgan, which follows the size, or give networks for it with --model FILE (or a saved one with --generator FILE)`,
    );
  };
  return { builders: { ...builders, generator } };
}

/**
 * The longer side of the maps that are attended to; 0: none.
 *
 * @throws GanglionError CONFIG where the networks have no maps of the side that is chosen
 */
export function attentionAt(config: NetworkConfig, imageShape: ImageShape): number {
  const chosen = chosenNetworks(config);
  if (!chosen || chosen.choices.attention === 0) return 0;
  const { architecture, choices } = chosen;
  const sides = architecture.mapSides(imageShape, choices);
  const side = attendedSide(choices, sides, imageShape);
  if (side === 0 || sides.includes(side)) return side;
  throw new GanglionError(
    "CONFIG",
    `config field model.attention is ${side}, and both networks have maps of ${sides.join(", ")} a side for images of ${imageShape.join("×")}: choose one of these, or 0 for no attention`,
  );
}

function find(name: string): ScaledModel | FixedModel | undefined {
  return Object.hasOwn(PRESET_MODELS, name) ? PRESET_MODELS[name] : undefined; // not what all objects have
}
