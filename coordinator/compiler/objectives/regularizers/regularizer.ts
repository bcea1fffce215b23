// What a regularizer of a GAN is: a penalty that is added to a network's loss, in each step or in every k-th.
import type * as tf from "@tensorflow/tfjs-core";
import type {
  RegularizerName,
  RegularizersConfig,
} from "../../../../shared/config/objectives/regularizers.ts";
import type { Judgement } from "../judge.ts";
import type { Slopes } from "./image-gradients.ts";

/** Symbolic tensors of one shard of B samples, and what to compute with them. */
export interface RegularizerContext extends Slopes {
  /** [B, H, W, C] in [-1, 1], as the data have them: augmentation and instance noise are part of `judge`. */
  readonly samples: tf.Tensor;
  /** G(z), [B, H, W, C]. */
  readonly fake: tf.Tensor;
  /** [B, Z], standard normal. */
  readonly noise: tf.Tensor;
  /** [B, classes], one-hot; absent where the data has no labels. */
  readonly labels?: tf.Tensor;
  /** Of other noise, in training: [B, H, W, C]. */
  readonly generate: (noise: tf.Tensor) => tf.Tensor;
  /** What D says of images, augmented as all that it sees. */
  readonly judge: (images: tf.Tensor) => Judgement;
  /** Of the samples, and of the fake. */
  readonly real: Judgement;
  readonly faked: Judgement;
  /** A scheduled field of the regularizer by its name: a number, or a scalar that follows the images. */
  readonly number: (field: string) => number | tf.Scalar;
  /** The regularizer's own scalars: read as they were before the step, and given a new value, whose mean over the shards stays. */
  readonly state: {
    readonly read: (name: string) => tf.Scalar;
    readonly write: (name: string, value: tf.Tensor) => void;
  };
}

/** Computes a scalar, weighted; that it is computed in every k-th step only is not its affair. */
interface PenaltyOf<Config> {
  penalty(context: RegularizerContext, config: Config): tf.Tensor;
}

export interface Regularizer<Name extends RegularizerName = RegularizerName> extends PenaltyOf<
  NonNullable<RegularizersConfig[Name]>
> {
  readonly network: "discriminator" | "generator";
  /** Scalars that it keeps from step to step, with what they begin with. */
  readonly state?: Readonly<Record<string, number>>;
}
