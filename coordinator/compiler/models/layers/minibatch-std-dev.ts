// `layers.minibatchStdDev`: features that say how much the samples of a group differ, for a discriminator to see collapse.
import type * as core from "@tensorflow/tfjs-core";
import {
  type Config,
  type LayerArgs,
  type LayerClass,
  type Shape,
  type Tfjs,
  knownSize,
  oneShape,
  oneTensor,
  shortName,
} from "./tfjs.ts";

export interface MinibatchStdDevArgs extends LayerArgs {
  /** Samples that are compared with each other. Default 4. */
  groupSize?: number;
  /** How many features are added; the channels are divided among them. Default 1. */
  features?: number;
}

/** Added to variances, so that their root has a slope. */
const EPSILON = 1e-8;

/**
 * Karras et al. 2018, §3, with StyleGAN's groups: [B, …, C] becomes [B, …, C + features]. Samples n, n + B/G, n + 2B/G … are a
 * group; feature f of all its samples, at every pixel, is the standard deviation over the group, averaged over the pixels
 * and the f-th part of the channels. B is the size of a shard: samples of other shards are not seen. Where groupSize does
 * not divide B, G is the greatest smaller number that does.
 */
export function minibatchStdDevClass(tf: Tfjs): LayerClass<MinibatchStdDevArgs> {
  return class MinibatchStdDev extends tf.layers.Layer {
    static readonly className = "GanglionMinibatchStdDev";
    readonly groupSize: number;
    readonly features: number;

    constructor(args: MinibatchStdDevArgs = {}) {
      super(args);
      this.name = shortName(this.name);
      this.groupSize = args.groupSize ?? 4;
      this.features = args.features ?? 1;
    }

    override build(inputShape: Shape | Shape[]): void {
      const channels = knownSize(oneShape(inputShape), -1);
      if (channels % this.features !== 0)
        throw new Error(
          `its ${channels} channels cannot be divided among ${this.features} features: give a number that divides them`,
        );
      this.built = true;
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      const shape = oneShape(inputShape);
      return [...shape.slice(0, -1), knownSize(shape, -1) + this.features];
    }

    override call(inputs: core.Tensor | core.Tensor[], kwargs: core.NamedAttrMap): core.Tensor {
      return tf.tidy(() => {
        const x = oneTensor(inputs);
        const [samples, ...rest] = x.shape;
        const pixels = rest.slice(0, -1);
        const group = groupOf(samples, this.groupSize);
        if (group === 1 && samples > 1 && this.groupSize > 1 && kwargs["training"] === true)
          throw new Error(
            `a shard of ${samples} samples cannot be divided into groups of 2 to ${this.groupSize}: give a --shard that can, or groupSize ${samples}`,
          );
        const perFeature = rest.at(-1)! / this.features;
        const parts = tf.reshape(x, [group, samples / group, -1, this.features, perFeature]); // [G, M, pixels, F, c]
        const variance = tf.mean(tf.square(tf.sub(parts, tf.mean(parts, 0, true))), 0); // [M, pixels, F, c]
        const deviation = tf.mean(tf.sqrt(tf.add(variance, EPSILON)), [1, 3]); // [M, F]
        const ones = pixels.map(() => 1);
        const small = tf.reshape(deviation, [samples / group, ...ones, this.features]);
        return tf.concat([x, tf.tile(small, [group, ...pixels, 1])], -1);
      });
    }

    override getConfig(): Config {
      return { ...super.getConfig(), groupSize: this.groupSize, features: this.features };
    }
  };
}

/** The greatest divisor of the batch that is at most `most`. */
function groupOf(batch: number, most: number): number {
  for (let size = Math.min(batch, most); size > 1; size--) if (batch % size === 0) return size;
  return 1;
}
