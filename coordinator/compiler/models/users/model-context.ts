// What a model builder is given, so that a user's module imports nothing and there is one tfjs.
// These are also the package's types: `import type { ModelContext } from "ganglion"`.
import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { groupedConv2d } from "../../../../shared/program/grouped-convolution.ts";
import { GRADIENT_OPS } from "../../gradients/context-gradients.ts";
import { core } from "../../trace/random-ops.ts";
import type { LossFunctions, RegularizerFunctions } from "../../objectives/users/function-types.ts";
import { type GanInitializers, type GanLayers, ganInitializers, ganLayers } from "../layers/layers.ts";
import { checkedFactories, checkedGanParts } from "./arguments/checked-factories.ts";
import type { AugmentFunctions } from "../../objectives/augment/augment-functions.ts";
import type { Now } from "./now.ts";
import { addChainedOps } from "./chained-ops.ts";

/** Declares `x.mean()` and the like for whoever imports a type of this file. */
type ChainedOps = typeof import("@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js");

/** tfjs core and layers under one name, as in the `@tensorflow/tfjs` package. */
export type Tensorflow = Omit<typeof tf, "default"> & Omit<typeof tfl, "default"> & ChainedOps;

export interface ModelContext {
  readonly tf: Tensorflow;
  /** Layers that GANs need and tfjs does not have, to be mixed with those of `tf.layers`. */
  readonly layers: GanLayers;
  /** What kernels may be drawn by, besides those of `tf.initializers`. */
  readonly initializers: GanInitializers;
  /** [H, W, C] of the data set; a copy, since tfjs's layers take no readonly shape. */
  readonly imageShape: [number, number, number];
  /** Z, the length of a noise vector. */
  readonly latentSize: number;
  /** How many different labels the images have: class c is the c-th of them, ascending. 0 without labels. */
  readonly classes: number;
  /** What follows the step, to be read in a layer's `call()`. */
  readonly now: Now;
}

export type { GanInitializers, GanLayers, Now };

/** What a layer makes of others' outputs when a `tf.model` is put together. */
export type SymbolicTensor = tfl.SymbolicTensor;

/** `tf.layers` networks by name: a generator and a discriminator, or a classifier. */
export type Builder = (context: ModelContext) => tfl.LayersModel;

/** A network in training: applied to its inputs, it gives its output, or its outputs where it has several. */
export type TrainedNetwork<Output = tf.Tensor> = (...inputs: tf.Tensor[]) => Output;

/**
 * What a user's `losses` is given: the networks, and symbolic tensors of one shard of B samples to try them on.
 * `Judged` is `Tensor[]` where the discriminator has several outputs.
 */
export interface LossContext<Judged extends tf.Tensor | tf.Tensor[] = tf.Tensor> {
  readonly tf: Tensorflow;
  readonly generator: TrainedNetwork;
  readonly discriminator: TrainedNetwork<Judged>;
  /** [B, H, W, C] in [-1, 1]. */
  readonly samples: tf.Tensor;
  /** [B, classes], one-hot; absent where the data has no labels. */
  readonly labels?: tf.Tensor;
  /** [B, Z], standard normal. */
  readonly noise: tf.Tensor;
  /** What follows the step: its number, the run's steps and images, the run's own values. */
  readonly now: Now;
  /** Gradients of a scalar with respect to tensors of this step, to use in a loss: gradient penalty, R1, path length. */
  readonly gradients: (loss: tf.Tensor, sources: readonly tf.Tensor[]) => tf.Tensor[];
  /** The built-in losses as functions: `losses.hinge({ real, fake })`. */
  readonly losses: LossFunctions;
  /** Built-in penalties as functions: `regularizers.r1({ discriminator, samples, gamma: 10 })`. */
  readonly regularizers: RegularizerFunctions;
  /** What real and generated images go through before D sees them: DiffAugment, ADA. */
  readonly augment: AugmentFunctions;
}

/** `losses(context)` of a user's module: the scalar that each network minimizes, and scalars worth watching. */
export type Losses = (context: LossContext) => {
  readonly discriminator: tf.Tensor;
  readonly generator: tf.Tensor;
  readonly metrics?: Readonly<Record<string, tf.Tensor>>;
};

const CHECKED = checkedFactories();

/** Reads tfjs core at every call, not once: a trace replaces its random ops. */
export function tensorflow(): Tensorflow {
  addChainedOps();
  const context = { ...core, ...tfl, ...CHECKED, ...GRADIENT_OPS } as unknown as Record<string, unknown>;
  const live = core as unknown as Record<string, unknown>;
  for (const name of Object.keys(core)) {
    if (!(name in tfl) && !(name in GRADIENT_OPS))
      Object.defineProperty(context, name, { enumerable: true, get: () => live[name] });
  }
  return context as unknown as Tensorflow;
}

const TENSORFLOW = tensorflow();
const GAN_PARTS = checkedGanParts({
  layers: ganLayers(TENSORFLOW, groupedConv2d),
  initializers: ganInitializers(TENSORFLOW),
});

/** What a context has besides tfjs: the same in every context, and registered with tfjs for saved networks. */
export function ganParts(): Pick<ModelContext, "layers" | "initializers"> {
  return GAN_PARTS;
}
