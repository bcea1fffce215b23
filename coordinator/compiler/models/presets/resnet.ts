// Presets `resnet` and `sagan`: residual networks (Gulrajani et al. 2017, Miyato et al. 2018) for images of any size.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";
import { attentionOf } from "./attention.ts";
import type { Architecture, Choices } from "./choices.ts";
import { cropped } from "./dcgan.ts";
import { type KernelLayers, isNormalized, kernelLayers } from "./kernels.ts";
import { discriminatorOf, generatorOf } from "./labels.ts";
import { type Layer, type Part, through } from "./sequence.ts";
import { type Stage, sidesOf, stagesOf, stagesText } from "./stages.ts";

/** Images of at most this have the networks of the paper's table for CIFAR-10, others those of the tables above. */
const SMALL_IMAGE = 32;
/** Of a small image's discriminator: the first of them halve, as far as there are stages. */
const [BLOCKS, HALVING_BLOCKS] = [4, 2];

/**
 * Miyato et al. 2018, tables 3 to 5, with `filters` (F; theirs are 128 for CIFAR-10 and 64 above):
 *
 *   up to 32 pixels   generator: 2F channels everywhere. Discriminator: F everywhere, 4 blocks, the first 2 halve.
 *   above             F channels next to the image, twice as many with each stage, up to 8F. Discriminator: a block that
 *                     halves for each stage, and one that does not.
 *
 * A generator's block is normalization, ReLU, nearest upsampling, 3×3, normalization, ReLU, 3×3; a discriminator's is ReLU,
 * 3×3, ReLU, 3×3, average pooling. Beside either is a 1×1 convolution where sizes or channels differ. The discriminator
 * has no normalization, and ends with ReLU, the sum over the map, and one linear layer. Sizes go as a dcgan's (`stagesOf`).
 */
export const RESNET: Architecture = {
  conditioning: { generator: "batch-norm", discriminator: "projection" },
  hasBlocks: false,
  mapSides: (imageShape, { filters }) => {
    const sides = sidesOf(stagesOf(imageShape, filters, "resnet"));
    return isSmall(imageShape) ? sides.slice(0, HALVING_BLOCKS) : sides;
  },
  extent: (imageShape, { filters }) => stagesText(stagesOf(imageShape, filters, "resnet")),
  builders: (choices) => ({
    generator: (context) => generator(context, choices),
    discriminator: (context) => discriminator(context, choices),
  }),
};

/** z [Z] -> [H, W, C] in [-1, 1]. */
function generator(context: ModelContext, choices: Choices): LayersModel {
  const { tf, imageShape } = context;
  const { layers } = tf;
  const stages = stagesOf(imageShape, choices.filters, "resnet");
  const widths = stages.map(({ channels }) => (isSmall(imageShape) ? 2 * choices.filters : channels));
  const kernel = kernelLayers(context, "generator", choices);
  const attend = attentionOf(context, "generator", choices, RESNET.mapSides(imageShape, choices));
  const { small } = stages.at(-1)!;
  return generatorOf(context, choices.labels.generator, ({ first, normalization }) => {
    const active = (): Part[] => [normalization({ momentum: 0.9 }), layers.reLU()];
    const up = (stage: Stage): Part[] => [
      layers.upSampling2d({ size: stage.strides }),
      ...cropped(context, stage),
    ];
    const block =
      (stage: Stage, channels: number): Part =>
      (x) => {
        const convolve = (): Layer => convolution(context, kernel, channels);
        const main = through(x, [...active(), ...up(stage), convolve(), ...active(), convolve()]);
        return sum(context, main, through(x, [pointwise(context, kernel, channels), ...up(stage)])); // 1×1 first: the same, on fewer pixels
      };
    return [
      kernel(layers.dense, { units: small[0] * small[1] * widths.at(-1)!, ...first }),
      layers.reshape({ targetShape: [...small, widths.at(-1)!] }),
      ...attend(small),
      ...stages
        .map((stage, i) => [block(stage, widths[i]), ...(i > 0 ? attend(stage.large) : [])])
        .toReversed()
        .flat(),
      ...active(),
      kernel(layers.conv2d, { filters: imageShape[2], kernelSize: 3, padding: "same", activation: "tanh" }),
    ];
  });
}

/** [H, W, C] -> one logit. */
function discriminator(context: ModelContext, choices: Choices): LayersModel {
  const { tf, imageShape } = context;
  const { layers } = tf;
  const stages = stagesOf(imageShape, choices.filters, "resnet");
  const halving = isSmall(imageShape) ? stages.slice(0, HALVING_BLOCKS) : stages;
  const plain = isSmall(imageShape) ? BLOCKS - halving.length : 1;
  const widths = halving.map(({ channels }) => (isSmall(imageShape) ? choices.filters : channels));
  const kernel = kernelLayers(context, "discriminator", choices);
  const isSpectral = isNormalized("discriminator", choices.spectralNorm);
  const attend = attentionOf(context, "discriminator", choices, RESNET.mapSides(imageShape, choices));
  const end = (): Layer => kernel(layers.dense, { units: 1 });
  const convolve = (channels: number): Layer => convolution(context, kernel, channels);
  const down = ({ strides }: Stage): Layer =>
    layers.averagePooling2d({ poolSize: strides, strides, padding: "same" });
  const halve =
    (stage: Stage, before: number, channels: number, isFirst: boolean): Part =>
    (x) => {
      const hidden = isFirst ? channels : before;
      const main = [...(isFirst ? [] : [layers.reLU()]), convolve(hidden), layers.reLU(), convolve(channels), down(stage)]; // prettier-ignore
      return sum(context, through(x, main), through(x, [down(stage), pointwise(context, kernel, channels)]));
    };
  const keep =
    (channels: number): Part =>
    (x) =>
      sum(context, through(x, [layers.reLU(), convolve(channels), layers.reLU(), convolve(channels)]), x);
  return discriminatorOf(context, choices.labels.discriminator, { kernel, isSpectral, end }, () => [
    ...halving.flatMap((stage, i) => [
      halve(stage, widths[i - 1] ?? 0, widths[i], i === 0),
      ...attend(stage.small),
    ]),
    ...Array.from({ length: plain }, () => keep(widths.at(-1)!)),
    layers.reLU(),
    ...(choices.minibatchStdDev ? [context.layers.minibatchStdDev()] : []),
    context.layers.globalSumPooling(),
  ]);
}

/** 3×3; drawn as by Miyato et al. (2018): Glorot's, wider by √2. */
function convolution({ tf }: ModelContext, kernel: KernelLayers, filters: number): Layer {
  const usual = tf.initializers.varianceScaling({ scale: 2, mode: "fanAvg", distribution: "uniform" });
  return kernel(tf.layers.conv2d, { filters, kernelSize: 3, padding: "same" }, { usual, gain: Math.SQRT2 });
}

function pointwise({ tf }: ModelContext, kernel: KernelLayers, filters: number): Layer {
  return kernel(tf.layers.conv2d, { filters, kernelSize: 1 });
}

function sum({ tf }: ModelContext, a: SymbolicTensor, b: SymbolicTensor): SymbolicTensor {
  return tf.layers.add().apply([a, b]) as SymbolicTensor;
}

function isSmall([height, width]: readonly [number, number, ...number[]]): boolean {
  return Math.max(height, width) <= SMALL_IMAGE;
}
