// `layers.projection`: the end of a discriminator that takes the class into account.
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
  shapesOf,
  shortName,
} from "./tfjs.ts";

export interface ProjectionArgs extends LayerArgs {
  /** Whether both kernels are spectrally normalized. Default false. */
  spectralNorm?: boolean;
  /** Of both kernels. Default "glorotUniform". */
  kernelInitializer?: InitializerIdentifier;
}

const INPUTS = ["features", "labels"];

/**
 * Applied to [φ, labels], features φ [B, F] and labels [B, K], one-hot; gives one logit for each sample, [B, 1] (Miyato &
 * Koyama 2018, eq. 3):
 *
 *   φ w + b + ⟨labels V, φ⟩         w [F, 1], V [K, F]
 */
export function projectionClass(tf: Tfjs): LayerClass<ProjectionArgs> {
  return class Projection extends tf.layers.Layer {
    static readonly className = "GanglionProjection";
    readonly spectralNorm: boolean;
    readonly kernelInitializer: Initializer;
    bias: LayerVariable | null = null;
    #kernel: ((training: boolean) => core.Tensor) | null = null;
    #embedding: ((training: boolean) => core.Tensor) | null = null;

    constructor(args: ProjectionArgs = {}) {
      super(args);
      this.name = shortName(this.name);
      this.spectralNorm = args.spectralNorm ?? false;
      this.kernelInitializer = initializerFrom(tf, args.kernelInitializer ?? "glorotUniform");
    }

    override build(inputShape: Shape | Shape[]): void {
      const [x, labels] = shapesOf(inputShape, INPUTS);
      if (x.length !== 2)
        throw new Error(
          `its features have ${x.length} axes, and [batch, features] is needed: flatten or pool them first`,
        );
      const [features, classes] = [knownSize(x, -1), knownSize(labels, -1)];
      this.#kernel = this.#weight("kernel", [features, 1]);
      this.#embedding = this.#weight("embedding", [classes, features]);
      this.bias = this.addWeight("bias", [1], "float32", tf.initializers.zeros());
      this.inputSpec = [features, classes].map((size) => new tf.InputSpec({ ndim: 2, axes: { 1: size } }));
      this.built = true;
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      return [shapesOf(inputShape, INPUTS)[0][0], 1];
    }

    override call(inputs: core.Tensor | core.Tensor[], kwargs: core.NamedAttrMap): core.Tensor {
      return tf.tidy(() => {
        const [features, labels] = inputs as [core.Tensor2D, core.Tensor2D];
        const training = kwargs["training"] === true;
        const linear = tf.add(
          tf.matMul(features, this.#kernel!(training) as core.Tensor2D),
          this.bias!.read(),
        );
        const ofClass = tf.matMul(labels, this.#embedding!(training)); // [B, F]
        return tf.add(linear, tf.sum(tf.mul(ofClass, features), 1, true));
      });
    }

    override getConfig(): Config {
      const { spectralNorm, kernelInitializer } = this;
      return { ...super.getConfig(), spectralNorm, kernelInitializer: serialized(kernelInitializer) };
    }

    #weight(name: string, shape: number[]): (training: boolean) => core.Tensor {
      const variable = this.addWeight(name, shape, "float32", this.kernelInitializer);
      if (!this.spectralNorm) return () => variable.read();
      const division = new SpectralDivision(tf, this, `${name}_u`, { variable, outputAxes: [-1] });
      return (training) => division.divided(training);
    }
  };
}
