// What a preset's networks are to be: every choice made, the config's where it names one, else the preset's.
import type { RunConfig } from "../../../../shared/config/config.ts";
import type { Builders } from "../users/model-module.ts";

/** The model of a config that names a preset's. */
export type NamedModel = Extract<RunConfig["model"], { kind: "preset" }>;

type Given<Name extends keyof NamedModel> = NonNullable<NamedModel[Name]>;
type Way<Network extends "generator" | "discriminator"> = NonNullable<RunConfig["conditioning"][Network]>;

/** [H, W, C] */
export type ImageShape = readonly [number, number, number];

export interface Choices {
  /** Channels of a stage next to the image. */
  readonly filters: number;
  /** Residual blocks of a stage, where their number can be chosen. */
  readonly blocks: number;
  readonly spectralNorm: Given<"spectralNorm">;
  readonly minibatchStdDev: boolean;
  /** Longer side of the maps that are attended to; 0: none; "usual": the largest of at most 32 below the image. */
  readonly attention: number | "usual";
  readonly equalized: boolean;
  /** Undefined: the architecture's own. */
  readonly initializer: Given<"initializer"> | undefined;
  /** How labels reach each network. */
  readonly labels: { readonly generator: Way<"generator">; readonly discriminator: Way<"discriminator"> };
}

/** How networks of one kind are built, for images of any size. */
export interface Architecture {
  /** Choices that it has no place for, each with the reason and the remedy. */
  readonly refuses?: (choices: Choices) => { readonly path: string; readonly why: string } | null;
  /** How labels reach its networks where the config does not say. */
  readonly conditioning: Choices["labels"];
  /** Whether the number of blocks is a choice. */
  readonly hasBlocks: boolean;
  /**
   * Longer sides of the maps that both networks have, the largest first.
   *
   * @throws GanglionError MODEL for images of a size that it cannot draw
   */
  readonly mapSides: (imageShape: ImageShape, choices: Choices) => number[];
  /** How deep the networks are, in words: `4 stages`; throws as `mapSides`. */
  readonly extent: (imageShape: ImageShape, choices: Choices) => string;
  readonly builders: (choices: Choices) => Required<Pick<Builders, "generator" | "discriminator">>;
}

/** What a preset's name stands for, and what it chooses where a config does not. */
export interface ScaledModel {
  readonly kind: "scaled";
  readonly architecture: Architecture;
  readonly usual: { readonly filters: number } & Partial<Choices>;
}

const NEITHER: Choices["labels"] = { generator: "none", discriminator: "none" };

export function choicesOf(
  { architecture, usual }: Pick<ScaledModel, "architecture" | "usual">,
  named: NamedModel,
  { conditional, conditioning }: Pick<RunConfig, "conditional" | "conditioning">,
): Choices {
  const { kind: _kind, name: _name, ...given } = named;
  const own = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const {
    generator = architecture.conditioning.generator,
    discriminator = architecture.conditioning.discriminator,
  } = conditioning;
  return {
    blocks: 1,
    spectralNorm: "none",
    minibatchStdDev: false,
    attention: 0,
    equalized: false,
    initializer: undefined,
    ...usual,
    ...own,
    labels: conditional ? { generator, discriminator } : NEITHER,
  };
}

/** The largest side at which attention is cheap enough (Zhang et al. 2019 chose it too). */
const MOST_ATTENDED = 32;

/** Longer side of the maps that are attended to among those that there are; 0: none. */
export function attendedSide(
  { attention }: Choices,
  sides: readonly number[],
  imageShape: ImageShape,
): number {
  if (attention !== "usual") return attention;
  const image = Math.max(imageShape[0], imageShape[1]);
  return sides.find((side) => side <= MOST_ATTENDED && side < image) ?? 0;
}
