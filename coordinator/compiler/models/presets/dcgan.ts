// Presets `dcgan`, `digits` and `mnist`: deep convolutional GANs (Radford et al. 2016) for images of any size.
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";
import { attentionOf } from "./attention.ts";
import type { Architecture, Choices } from "./choices.ts";
import { isNormalized, kernelLayers } from "./kernels.ts";
import { discriminatorOf, generatorOf } from "./labels.ts";
import type { Part } from "./sequence.ts";
import { type Stage, kernelOf, sidesOf, stagesOf, stagesText } from "./stages.ts";

/**
 * The paper's networks, with `filters` (F) channels in the stage next to the image. As many stages as halve the image to 4
 * to 7 points a side, each side rounded up (`stagesOf`):
 *
 * - downwards by 4×4 convolutions of stride 2 with `same` padding, which give ⌈n / 2⌉ of n points;
 * - upwards by transposed ones, which give 2n, and where the stage's size is odd, a crop of the last row or column.
 *   It is the one that the convolution pads, so both networks see an odd image in the same place.
 * - A side that is small enough while the other is still halved has stride 1 and a kernel of 3.
 *
 * Unlike the paper's, the discriminator has no batch normalization: what it says of an image depends on no other.
 */
export const DCGAN: Architecture = {
  conditioning: { generator: "batch-norm", discriminator: "projection" },
  hasBlocks: false,
  mapSides: (imageShape, { filters }) => sidesOf(stagesOf(imageShape, filters)),
  extent: (imageShape, { filters }) => stagesText(stagesOf(imageShape, filters)),
  builders: (choices) => ({
    generator: (context) => generator(context, stagesOf(context.imageShape, choices.filters), choices),
    discriminator: (context) =>
      discriminator(context, stagesOf(context.imageShape, choices.filters), choices),
  }),
};

/** What is behind the paper's ReLU and LeakyReLU keeps its variance. */
const GAIN = Math.SQRT2;

/** z [Z] -> [H, W, C] in [-1, 1]. */
function generator(context: ModelContext, stages: readonly Stage[], choices: Choices): LayersModel {
  const { tf, imageShape } = context;
  const { layers } = tf;
  const kernel = kernelLayers(context, "generator", choices);
  const usual = tf.initializers.randomNormal({ stddev: 0.02 });
  const attend = attentionOf(context, "generator", choices, sidesOf(stages));
  /** [h, w, c] -> [H, W, filters] */
  const up = (stage: Stage, filters: number, rest: object, gain = GAIN): Part[] => [
    kernel(layers.conv2dTranspose, { ...convolution(stage), filters, ...rest }, { usual, gain }),
    ...cropped(context, stage),
  ];
  const { small, channels } = stages.at(-1)!;
  const hidden = stages.slice(1).toReversed();
  return generatorOf(context, choices.labels.generator, ({ first, normalization }) => {
    const normalized = (): Part[] => [normalization({ momentum: 0.9 }), layers.reLU()];
    return [
      kernel(layers.dense, { units: small[0] * small[1] * channels, useBias: false, ...first }),
      ...normalized(), // each unit by itself: by class, this is where a class has a shape of its own
      layers.reshape({ targetShape: [...small, channels] }),
      ...attend(small),
      ...hidden.flatMap((stage, i) => [
        ...up(stage, stages[hidden.length - 1 - i].channels, { useBias: false }),
        ...normalized(),
        ...attend(stage.large),
      ]),
      ...up(stages[0], imageShape[2], { activation: "tanh" }, 1),
    ];
  });
}

/** [H, W, C] -> one logit. */
function discriminator(context: ModelContext, stages: readonly Stage[], choices: Choices): LayersModel {
  const { layers } = context.tf;
  const kernel = kernelLayers(context, "discriminator", choices);
  const attend = attentionOf(context, "discriminator", choices, sidesOf(stages));
  const isSpectral = isNormalized("discriminator", choices.spectralNorm);
  const end = (): ReturnType<typeof kernel> => kernel(layers.dense, { units: 1 });
  return discriminatorOf(context, choices.labels.discriminator, { kernel, isSpectral, end }, (first) => [
    ...stages.flatMap((stage, i) => [
      kernel(
        layers.conv2d,
        { ...convolution(stage), filters: stage.channels, ...(i === 0 && first) },
        { gain: GAIN },
      ),
      layers.leakyReLU({ alpha: 0.2 }),
      ...attend(stage.small),
    ]),
    ...(choices.minibatchStdDev ? [context.layers.minibatchStdDev()] : []),
    layers.flatten(),
  ]);
}

/** What the stage's size lacks of twice the size below: the last row or column. */
export function cropped({ tf }: ModelContext, { large, small, strides }: Omit<Stage, "channels">): Part[] {
  const [bottom, right] = [0, 1].map((axis) => small[axis] * strides[axis] - large[axis]); // 0 or 1
  return bottom + right > 0 ? [tf.layers.cropping2D({ cropping: [[0, bottom], [0, right]] })] : []; // prettier-ignore
}

function convolution(stage: Stage): {
  readonly kernelSize: [number, number];
  readonly strides: [number, number];
  readonly padding: "same";
} {
  return { kernelSize: kernelOf(stage), strides: stage.strides, padding: "same" };
}
