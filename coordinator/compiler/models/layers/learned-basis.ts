// `layers.learnedBasis`: the first layer of R3GAN's generator, small maps that are learned and weighted by the noise.
import type * as core from "@tensorflow/tfjs-core";
import {
  type Config,
  type LayerArgs,
  type LayerClass,
  type LayerVariable,
  type Shape,
  type Tfjs,
  knownSize,
  oneShape,
  oneTensor,
  shortName,
} from "./tfjs.ts";

export interface LearnedBasisArgs extends LayerArgs {
  /** Height and width of the maps: one number for both, or [height, width]. Default 4. */
  size?: number | readonly [number, number];
  channels: number;
  /** The kernel is drawn from N(0, gain² / Z). Default 1. */
  gain?: number;
}

/**
 * Huang et al. 2024 (R3GAN): z [B, Z] becomes y [B, h, w, C],
 *
 *   y = basis · (z W)         basis [h, w, C] from N(0, 1), W [Z, C] from N(0, gain² / Z), no bias
 *
 * The vector may be noise with labels behind it.
 */
export function learnedBasisClass(tf: Tfjs): LayerClass<LearnedBasisArgs> {
  return class LearnedBasis extends tf.layers.Layer {
    static readonly className = "GanglionLearnedBasis";
    readonly size: readonly [number, number];
    readonly channels: number;
    readonly gain: number;
    basis: LayerVariable | null = null;
    kernel: LayerVariable | null = null;

    constructor(args: LearnedBasisArgs) {
      super(args);
      this.name = shortName(this.name);
      const { size = 4, channels, gain = 1 } = args;
      this.size = typeof size === "number" ? [size, size] : size;
      this.channels = channels;
      this.gain = gain;
    }

    override build(inputShape: Shape | Shape[]): void {
      const shape = oneShape(inputShape);
      const latent = knownSize(shape, -1);
      if (shape.length !== 2)
        throw new Error(
          `its input has ${shape.length} axes, and vectors [batch, size] are needed: flatten them first`,
        );
      const normal = (stddev: number): ReturnType<Tfjs["initializers"]["randomNormal"]> =>
        tf.initializers.randomNormal({ mean: 0, stddev });
      this.basis = this.addWeight("basis", [...this.size, this.channels], "float32", normal(1));
      this.kernel = this.addWeight(
        "kernel",
        [latent, this.channels],
        "float32",
        normal(this.gain / Math.sqrt(latent)),
      );
      this.inputSpec = [new tf.InputSpec({ ndim: 2, axes: { 1: latent } })];
      this.built = true;
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      return [oneShape(inputShape)[0], ...this.size, this.channels];
    }

    override call(inputs: core.Tensor | core.Tensor[]): core.Tensor {
      return tf.tidy(() => {
        const z = oneTensor(inputs) as core.Tensor2D;
        const weights = tf.matMul(z, this.kernel!.read()); // [B, C]
        return tf.mul(tf.reshape(weights, [z.shape[0], 1, 1, this.channels]), this.basis!.read());
      });
    }

    override getConfig(): Config {
      return { ...super.getConfig(), size: [...this.size], channels: this.channels, gain: this.gain };
    }
  };
}
