// `layers.selfAttention`: every place of an image looks at all others.
import type * as core from "@tensorflow/tfjs-core";
import { initializerFrom, serialized } from "./kernels/initializers.ts";
import { SpectralDivision } from "./kernels/spectral-division.ts";
import {
  type Config,
  type Initializer,
  type InitializerIdentifier,
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

export interface SelfAttentionArgs extends LayerArgs {
  /** Whether its four kernels are spectrally normalized, as SAGAN's and BigGAN's are. Default false. */
  spectralNorm?: boolean;
  /** Default "glorotUniform". */
  kernelInitializer?: InitializerIdentifier;
}

/** Queries, keys, values, and what becomes of the values. */
const KERNELS = ["theta", "phi", "g", "out"] as const;
type KernelName = (typeof KERNELS)[number];

/**
 * Zhang et al. 2019 (SAGAN), with BigGAN's pooled keys and values. Of x [B, H, W, C], N = H·W places and M pooled ones
 * (2×2, rounded up):
 *
 *   θ = x W_θ [B, N, C/8]   φ = pool(x W_φ) [B, M, C/8]   g = pool(x W_g) [B, M, C/2]
 *   y = x + γ · (softmax(θ φᵀ) g) W_out                  γ is learned, and begins with 0
 *
 * Its memory grows with (H·W)²/4: it belongs on maps of 16 to 64 points a side.
 */
export function selfAttentionClass(tf: Tfjs): LayerClass<SelfAttentionArgs> {
  return class SelfAttention extends tf.layers.Layer {
    static readonly className = "GanglionSelfAttention";
    readonly spectralNorm: boolean;
    readonly kernelInitializer: Initializer;
    gamma: LayerVariable | null = null;
    readonly #kernels = new Map<KernelName, (training: boolean) => core.Tensor>();

    constructor(args: SelfAttentionArgs = {}) {
      super(args);
      this.name = shortName(this.name);
      this.spectralNorm = args.spectralNorm ?? false;
      this.kernelInitializer = initializerFrom(tf, args.kernelInitializer ?? "glorotUniform");
    }

    override build(inputShape: Shape | Shape[]): void {
      const shape = oneShape(inputShape);
      const channels = knownSize(shape, -1);
      if (shape.length !== 4)
        throw new Error(
          `its input has ${shape.length} axes, and images [batch, height, width, channels] are needed`,
        );
      const [few, half] = [8, 2].map((part) => Math.max(1, Math.floor(channels / part)));
      const sizes = {
        theta: [channels, few],
        phi: [channels, few],
        g: [channels, half],
        out: [half, channels],
      };
      for (const name of KERNELS) this.#addKernel(name, [1, 1, ...sizes[name]]);
      this.gamma = this.addWeight("gamma", [1], "float32", tf.initializers.zeros());
      this.inputSpec = [new tf.InputSpec({ ndim: 4, axes: { 3: channels } })];
      this.built = true;
    }

    override call(inputs: core.Tensor | core.Tensor[], kwargs: core.NamedAttrMap): core.Tensor {
      return tf.tidy(() => {
        const x = oneTensor(inputs) as core.Tensor4D;
        const training = kwargs["training"] === true;
        const [batch, height, width, channels] = x.shape;
        const map = (name: KernelName, from: core.Tensor4D): core.Tensor4D =>
          tf.conv2d(from, this.#kernels.get(name)!(training) as core.Tensor4D, 1, "same");
        const rows = (maps: core.Tensor4D): core.Tensor3D => {
          const [, high, wide, depth] = maps.shape;
          return tf.reshape(maps, [batch, high * wide, depth]);
        };
        const queries = rows(map("theta", x)); // [B, N, C/8]
        const keys = rows(tf.maxPool(map("phi", x), 2, 2, "same")); // [B, M, C/8]
        const values = rows(tf.maxPool(map("g", x), 2, 2, "same")); // [B, M, C/2]
        const weights = tf.softmax(tf.matMul(queries, keys, false, true)); // [B, N, M]
        const seen = tf.matMul(weights, values); // [B, N, C/2]
        const image = tf.reshape(seen, [batch, height, width, Math.max(1, Math.floor(channels / 2))]);
        return tf.add(x, tf.mul(this.gamma!.read(), map("out", image as core.Tensor4D)));
      });
    }

    override getConfig(): Config {
      const { spectralNorm, kernelInitializer } = this;
      return { ...super.getConfig(), spectralNorm, kernelInitializer: serialized(kernelInitializer) };
    }

    #addKernel(name: KernelName, shape: number[]): void {
      const variable = this.addWeight(`${name}_kernel`, shape, "float32", this.kernelInitializer);
      if (!this.spectralNorm) {
        this.#kernels.set(name, () => variable.read());
        return;
      }
      const division = new SpectralDivision(tf, this, `${name}_u`, { variable, outputAxes: [-1] });
      this.#kernels.set(name, (training) => division.divided(training));
    }
  };
}
