// Presets `dcgan`, `digits` and `mnist`: deep convolutional GANs (Radford et al. 2016) for images of any size.
import type { LayersModel, layers } from "@tensorflow/tfjs-layers";
import type { Builder, ModelContext } from "../users/model-context.ts";
import { type Stage, dcganStages, kernelOf } from "./dcgan-stages.ts";

type Layer = layers.Layer;

interface Dcgan {
  readonly generator: Builder;
  readonly discriminator: Builder;
}

/**
 * The paper's networks, with `filters` (F) channels in the stage next to the image. As many stages as halve the image to 4
 * to 7 points a side, each side rounded up (`dcganStages`):
 *
 * - downwards by 4×4 convolutions of stride 2 with `same` padding, which give ⌈n / 2⌉ of n points;
 * - upwards by transposed ones, which give 2n, and where the stage's size is odd, a crop of the last row or column.
 *   It is the one that the convolution pads, so both networks see an odd image in the same place.
 * - A side that is small enough while the other is still halved has stride 1 and a kernel of 3.
 *
 * Unlike the paper's, the discriminator has no batch normalization: what it says of an image depends on no other.
 */
export function dcgan(filters: number): Dcgan {
  return {
    generator: (context) => generator(context, dcganStages(context.imageShape, filters)),
    discriminator: (context) => discriminator(context, dcganStages(context.imageShape, filters)),
  };
}

/** z [Z] -> [H, W, C] in [-1, 1]. */
function generator({ tf, imageShape, latentSize }: ModelContext, stages: readonly Stage[]): LayersModel {
  const { layers } = tf;
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.02 });
  const normalized = (): Layer[] => [layers.batchNormalization({ momentum: 0.9 }), layers.reLU()];
  /** [h, w, c] -> [H, W, filters] */
  const up = (stage: Stage, filters: number, rest: object): Layer[] => {
    const { large, small, strides } = stage;
    const [bottom, right] = [0, 1].map((axis) => small[axis] * strides[axis] - large[axis]); // 0 or 1
    return [
      layers.conv2dTranspose({ ...convolution(stage), filters, kernelInitializer, ...rest }),
      ...(bottom + right > 0 ? [layers.cropping2D({ cropping: [[0, bottom], [0, right]] })] : []), // prettier-ignore
    ];
  };
  const { small, channels } = stages.at(-1)!;
  const hidden = stages.slice(1).toReversed();
  return tf.sequential({
    layers: [
      layers.dense({ units: small[0] * small[1] * channels, useBias: false, inputShape: [latentSize] }),
      ...normalized(),
      layers.reshape({ targetShape: [...small, channels] }),
      ...hidden.flatMap((stage, i) => [
        ...up(stage, stages[hidden.length - 1 - i].channels, { useBias: false }),
        ...normalized(),
      ]),
      ...up(stages[0], imageShape[2], { activation: "tanh" }),
    ],
  });
}

/** [H, W, C] -> one logit. */
function discriminator({ tf, imageShape }: ModelContext, stages: readonly Stage[]): LayersModel {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      ...stages.flatMap((stage, i) => [
        layers.conv2d({
          ...convolution(stage),
          filters: stage.channels,
          ...(i === 0 && { inputShape: [...imageShape] }),
        }),
        layers.leakyReLU({ alpha: 0.2 }),
      ]),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
}

function convolution(stage: Stage): {
  readonly kernelSize: [number, number];
  readonly strides: [number, number];
  readonly padding: "same";
} {
  return { kernelSize: kernelOf(stage), strides: stage.strides, padding: "same" };
}
