// Presets `digits` and `mnist`: DCGANs (Radford et al. 2016) for 28×28 images, at two sizes.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { Builder, ModelContext } from "../users/model-context.ts";

interface Dcgan {
  readonly generator: Builder;
  readonly discriminator: Builder;
}

/** `filters`: channels at 14×14; twice as many at 7×7. */
export function dcgan(filters: number): Dcgan {
  return {
    generator: (context) => generator(context, filters),
    discriminator: (context) => discriminator(context, filters),
  };
}

/** z [Z] -> [28, 28, C] in [-1, 1]. */
function generator({ tf, imageShape, latentSize }: ModelContext, filters: number): LayersModel {
  const { layers } = tf;
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.02 });
  const up = { kernelSize: 4, strides: 2, padding: "same", kernelInitializer } as const;
  return tf.sequential({
    layers: [
      layers.dense({ units: 7 * 7 * filters * 2, useBias: false, inputShape: [latentSize] }),
      layers.batchNormalization({ momentum: 0.9 }),
      layers.reLU(),
      layers.reshape({ targetShape: [7, 7, filters * 2] }),
      layers.conv2dTranspose({ ...up, filters, useBias: false }), // [14, 14, F]
      layers.batchNormalization({ momentum: 0.9 }),
      layers.reLU(),
      layers.conv2dTranspose({ ...up, filters: imageShape[2], activation: "tanh" }), // [28, 28, C]
    ],
  });
}

/** [28, 28, C] -> one logit. */
function discriminator({ tf, imageShape }: ModelContext, filters: number): LayersModel {
  const { layers } = tf;
  const down = { kernelSize: 4, strides: 2, padding: "same" } as const;
  return tf.sequential({
    layers: [
      layers.conv2d({ ...down, filters, inputShape: [...imageShape] }), // [14, 14, F]
      layers.leakyReLU({ alpha: 0.2 }),
      layers.conv2d({ ...down, filters: filters * 2 }), // [7, 7, 2F]
      layers.leakyReLU({ alpha: 0.2 }),
      layers.flatten(),
      layers.dense({ units: 1 }),
    ],
  });
}
