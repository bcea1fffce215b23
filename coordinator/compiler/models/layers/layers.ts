// Layers that GANs need and tf.layers does not have, as a table of factories: `layers` of a module's context.
import { type ConditionalBatchNormArgs, conditionalBatchNormClass } from "./conditional-batch-norm.ts";
import { globalSumPoolingClass } from "./global-sum-pooling.ts";
import { type EqualizedArgs, equalizedClass } from "./kernels/equalized.ts";
import { type OrthogonalArgs, orthogonal } from "./kernels/orthogonal.ts";
import { type SpectralNormArgs, spectralNormClass } from "./kernels/spectral-norm.ts";
import { type FirResampleArgs, firResampleClass } from "./fir-resample.ts";
import { type GroupedConv2DArgs, type GroupedConvolution, groupedConv2dClass } from "./grouped-conv2d.ts";
import { type LearnedBasisArgs, learnedBasisClass } from "./learned-basis.ts";
import { type MinibatchStdDevArgs, minibatchStdDevClass } from "./minibatch-std-dev.ts";
import { type PixelNormArgs, pixelNormClass } from "./pixel-norm.ts";
import { type ProjectionArgs, projectionClass } from "./projection.ts";
import { type SelfAttentionArgs, selfAttentionClass } from "./self-attention.ts";
import type { Initializer, Layer, LayerArgs, LayerClass, Tfjs } from "./tfjs.ts";

/** Each makes a layer like those of `tf.layers`, to be applied, shared and mixed with them. */
export interface GanLayers {
  /**
   * Wraps a layer with a kernel (dense, convolutions, embedding …): the kernel is divided by its greatest singular value
   * (Miyato et al. 2018). The vector u of the power iteration is state of the network.
   */
  readonly spectralNorm: (args: SpectralNormArgs) => Layer;
  /**
   * Wraps a layer with a kernel, which is drawn from N(0, 1) and multiplied by gain / √fan-in while it computes: equalized
   * learning rate (Karras et al. 2018).
   */
  readonly equalized: (args: EqualizedArgs) => Layer;
  /**
   * [B, …, C] -> [B, …, C + features]: adds how much the samples of a group differ (Karras et al. 2018; groups as in
   * StyleGAN, within a shard). For the end of a discriminator.
   */
  readonly minibatchStdDev: (args?: MinibatchStdDevArgs) => Layer;
  /** Divides each pixel's features, or a latent vector, by the root of their mean square (Karras et al. 2018). */
  readonly pixelNorm: (args?: PixelNormArgs) => Layer;
  /** [B, H, W, C] -> the same: every place looks at all others (Zhang et al. 2019, SAGAN). */
  readonly selfAttention: (args?: SelfAttentionArgs) => Layer;
  /**
   * Applied to [x, labels], labels [B, classes] one-hot: batch normalization with a scale and an offset for each class
   * (Dumoulin et al. 2017).
   */
  readonly conditionalBatchNorm: (args?: ConditionalBatchNormArgs) => Layer;
  /**
   * Applied to [features, labels], [B, F] and [B, classes] one-hot -> one logit [B, 1]: a linear layer, and the product of
   * the features with the class's own vector (Miyato & Koyama 2018).
   */
  readonly projection: (args?: ProjectionArgs) => Layer;
  /** z [B, Z] -> [B, h, w, channels]: learned maps, weighted by a linear function of z (Huang et al. 2024, R3GAN). */
  readonly learnedBasis: (args: LearnedBasisArgs) => Layer;
  /**
   * As `tf.layers.conv2d`, with `groups`: the channels fall into groups, and each filter sees those of its own group. The
   * kernel is [kh, kw, C / groups, filters].
   */
  readonly groupedConv2d: (args: GroupedConv2DArgs) => Layer;
  /** [B, H, W, C] -> twice or half the height and width, filtered by [1, 3, 3, 1] (Zhang 2019; Karras et al. 2020). */
  readonly firResample: (args: FirResampleArgs) => Layer;
  /** [B, H, W, C] -> [B, C]: each channel's sum over the image (the end of SNGAN's discriminator). */
  readonly globalSumPooling: (args?: LayerArgs) => Layer;
}

/** What kernels may be drawn by, besides `tf.initializers`. */
export interface GanInitializers {
  /** Saxe et al. 2014, for kernels of two axes and more; fast, from the run's seed. */
  readonly orthogonal: (args?: OrthogonalArgs) => Initializer;
}

/**
 * Makes the layers' classes for one copy of tfjs and registers them with it, so that saved networks which have them load.
 * `convolve` computes grouped convolutions; without it tfjs does, group by group.
 */
export function ganLayers(tf: Tfjs, convolve?: GroupedConvolution): GanLayers {
  const factory = <Args>(cls: LayerClass<Args>): ((args?: Args) => Layer) => {
    tf.serialization.registerClass(cls as never);
    return (args) => new cls(args ?? ({} as Args));
  };
  return {
    spectralNorm: factory(spectralNormClass(tf)),
    equalized: factory(equalizedClass(tf)),
    minibatchStdDev: factory(minibatchStdDevClass(tf)),
    pixelNorm: factory(pixelNormClass(tf)),
    selfAttention: factory(selfAttentionClass(tf)),
    conditionalBatchNorm: factory(conditionalBatchNormClass(tf)),
    projection: factory(projectionClass(tf)),
    learnedBasis: factory(learnedBasisClass(tf)),
    groupedConv2d: factory(groupedConv2dClass(tf, convolve)),
    firResample: factory(firResampleClass(tf)),
    globalSumPooling: factory(globalSumPoolingClass(tf)),
  };
}

export function ganInitializers(tf: Tfjs): GanInitializers {
  return { orthogonal: (args) => orthogonal(tf, args) };
}
