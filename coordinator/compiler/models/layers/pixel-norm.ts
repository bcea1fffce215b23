// `layers.pixelNorm`: the feature vector of every pixel is normalized to length √C.
import type * as core from "@tensorflow/tfjs-core";
import { type Config, type LayerArgs, type LayerClass, type Tfjs, oneTensor, shortName } from "./tfjs.ts";

export interface PixelNormArgs extends LayerArgs {
  /** Added to the mean square. Default 1e-8. */
  epsilon?: number;
}

/** Karras et al. 2018, §4.2: y = x / √(mean(x²) + ε) over the last axis, of [B, H, W, C] or of latent vectors [B, Z]. */
export function pixelNormClass(tf: Tfjs): LayerClass<PixelNormArgs> {
  return class PixelNorm extends tf.layers.Layer {
    static readonly className = "GanglionPixelNorm";
    readonly epsilon: number;

    constructor(args: PixelNormArgs = {}) {
      super(args);
      this.name = shortName(this.name);
      this.epsilon = args.epsilon ?? 1e-8;
    }

    override call(inputs: core.Tensor | core.Tensor[]): core.Tensor {
      return tf.tidy(() => {
        const x = oneTensor(inputs);
        const meanSquare = tf.mean(tf.square(x), -1, true);
        return tf.mul(x, tf.rsqrt(tf.add(meanSquare, this.epsilon)));
      });
    }

    override getConfig(): Config {
      return { ...super.getConfig(), epsilon: this.epsilon };
    }
  };
}
