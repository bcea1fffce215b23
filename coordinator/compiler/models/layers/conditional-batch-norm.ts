// `layers.conditionalBatchNorm`: batch normalization with a scale and an offset for each class.
import type * as core from "@tensorflow/tfjs-core";
import {
  type Config,
  type LayerArgs,
  type LayerClass,
  type LayerVariable,
  type Shape,
  type Tfjs,
  knownSize,
  shapesOf,
  shortName,
} from "./tfjs.ts";

export interface ConditionalBatchNormArgs extends LayerArgs {
  /** How much of the moving statistics stays in each step. Default 0.99, as in tf.layers. */
  momentum?: number;
  /** Added to the variance. Default 0.001, as in tf.layers. */
  epsilon?: number;
}

const INPUTS = ["x", "labels"];

/**
 * Applied to [x, labels], x [B, …, C] and labels [B, K], one-hot (or any vectors): Dumoulin et al. 2017, de Vries et al. 2017.
 *
 *   y = (1 + labels Γ) · (x - mean) / √(variance + ε) + labels β        Γ, β [K, C], zeros in the beginning
 *
 * Mean and variance of each channel are the shard's in training, and the moving ones otherwise, as those of
 * tf.layers.batchNormalization.
 */
export function conditionalBatchNormClass(tf: Tfjs): LayerClass<ConditionalBatchNormArgs> {
  return class ConditionalBatchNorm extends tf.layers.Layer {
    static readonly className = "GanglionConditionalBatchNorm";
    readonly momentum: number;
    readonly epsilon: number;
    gamma: LayerVariable | null = null;
    beta: LayerVariable | null = null;
    movingMean: LayerVariable | null = null;
    movingVariance: LayerVariable | null = null;

    constructor(args: ConditionalBatchNormArgs = {}) {
      super(args);
      this.name = shortName(this.name);
      this.momentum = args.momentum ?? 0.99;
      this.epsilon = args.epsilon ?? 1e-3;
    }

    override build(inputShape: Shape | Shape[]): void {
      const [x, labels] = shapesOf(inputShape, INPUTS);
      const [channels, classes] = [knownSize(x, -1), knownSize(labels, -1)];
      const { zeros, ones } = tf.initializers;
      const state = (name: string, initializer: ReturnType<typeof zeros>): LayerVariable =>
        this.addWeight(name, [channels], "float32", initializer, undefined, false);
      this.gamma = this.addWeight("gamma_embedding", [classes, channels], "float32", zeros());
      this.beta = this.addWeight("beta_embedding", [classes, channels], "float32", zeros());
      this.movingMean = state("moving_mean", zeros());
      this.movingVariance = state("moving_variance", ones());
      this.inputSpec = [
        new tf.InputSpec({ ndim: x.length, axes: { [x.length - 1]: channels } }),
        new tf.InputSpec({ ndim: 2, axes: { 1: classes } }),
      ];
      this.built = true;
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      return shapesOf(inputShape, INPUTS)[0];
    }

    override call(inputs: core.Tensor | core.Tensor[], kwargs: core.NamedAttrMap): core.Tensor {
      return tf.tidy(() => {
        const [x, labels] = inputs as [core.Tensor4D, core.Tensor2D];
        const { mean, variance } = this.#statistics(x, kwargs["training"] === true);
        const normal = tf.batchNorm(x, mean, variance, undefined, undefined, this.epsilon);
        const perSample = [x.shape[0], ...x.shape.slice(1, -1).map(() => 1), x.shape.at(-1)!];
        const chosen = (table: LayerVariable): core.Tensor =>
          tf.reshape(tf.matMul(labels, table.read() as core.Tensor2D), perSample);
        return tf.add(tf.mul(normal, tf.add(1, chosen(this.gamma!))), chosen(this.beta!));
      });
    }

    override getConfig(): Config {
      return { ...super.getConfig(), momentum: this.momentum, epsilon: this.epsilon };
    }

    #statistics(x: core.Tensor, training: boolean): { mean: core.Tensor1D; variance: core.Tensor1D } {
      const [mean, variance] = [this.movingMean!, this.movingVariance!];
      if (!training)
        return { mean: mean.read() as core.Tensor1D, variance: variance.read() as core.Tensor1D };
      const moments = tf.moments(
        x,
        x.shape.slice(1).map((_, axis) => axis),
      );
      const move = (variable: LayerVariable, value: core.Tensor): unknown =>
        variable.write(tf.sub(variable.read(), tf.mul(tf.sub(variable.read(), value), 1 - this.momentum)));
      move(mean, moments.mean);
      move(variance, moments.variance);
      return moments as { mean: core.Tensor1D; variance: core.Tensor1D };
    }
  };
}
