// Preset `r3gan`: the networks of Huang et al. 2024, "The GAN is dead; long live the GAN!", for images of any size.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";
import { attentionOf } from "./attention.ts";
import type { Architecture, Choices } from "./choices.ts";
import { cropped } from "./dcgan.ts";
import { type KernelLayers, kernelLayers } from "./kernels.ts";
import { discriminatorOf, generatorOf, labelMapsOf } from "./labels.ts";
import { type Layer, type Part, through } from "./sequence.ts";
import { type Size, evenSizes, stagesText } from "./stages.ts";

/** Channels that a grouped convolution mixes. */
const GROUP = 16;
/** How much wider a block is inside. */
const EXPANSION = 2;
/** Channels double with each stage from the image, up to this many times the first. */
const MOST_DOUBLED = 4;
const SLOPE = 0.2;

/** Maps from the image down, and the channels of each. */
interface Level {
  readonly size: Size;
  readonly channels: number;
}

/**
 * No normalization anywhere. Of maps n, ⌈n / 2⌉ … with F, 2F, 4F, 4F … channels (28: 32, 64, 128 at 28, 14, 7), and `blocks`
 * residual blocks a map:
 *
 *   block           x + 1×1(act(3×3 in groups of 16(act(1×1 x)))), twice as wide inside; act: a bias, then LeakyReLU 0.2
 *   generator       a learned basis weighted by linear(z); blocks; 1×1 where channels differ, and [1, 3, 3, 1] upwards; …
 *   discriminator   blocks; [1, 3, 3, 1] downwards, and 1×1 where channels differ; …; a depthwise convolution as large as the
 *                   smallest map, and linear
 *   initially       kernels from N(0, g² / fan-in), g = √(2 / 1.04) · L^(-1/4) inside of blocks, where L is how many blocks
 *                   the network has, and 1 elsewhere; the last 1×1 of each block is 0
 *
 * The image is the last 1×1's output as it is: no tanh.
 */
export const R3GAN: Architecture = {
  conditioning: { generator: "concatenation", discriminator: "projection" },
  hasBlocks: true,
  refuses({ spectralNorm, filters, labels }) {
    if (spectralNorm !== "none")
      return {
        path: "model.spectralNorm",
        why: "does not go with the networks of r3gan, whose blocks begin with kernels of zeros and have no spectral norm: leave it out (--r1 and --r2 keep D from growing steep), or choose --preset sngan",
      };
    if (labels.generator === "batch-norm")
      return {
        path: "conditioning.generator",
        why: "needs batch normalization, and r3gan has none: choose concatenation",
      };
    if ((EXPANSION * filters) % GROUP !== 0)
      return {
        path: "model.filters",
        why: `does not fall into r3gan's groups of ${GROUP} channels: give a multiple of ${GROUP / EXPANSION}, such as 32`,
      };
    return null;
  },
  mapSides: (imageShape, choices) => levelsOf(imageShape, choices).map(({ size }) => Math.max(...size)),
  extent: (imageShape, choices) =>
    `${stagesText(levelsOf(imageShape, choices))} of ${choices.blocks} block${choices.blocks === 1 ? "" : "s"}`,
  builders: (choices) => ({
    generator: (context) => generator(context, choices),
    discriminator: (context) => discriminator(context, choices),
  }),
};

/** z [Z] -> [H, W, C]. */
function generator(context: ModelContext, choices: Choices): LayersModel {
  const { imageShape, layers } = context;
  const levels = levelsOf(imageShape, choices);
  const kernels = linear(context, "generator", choices);
  const attend = attentionOf(context, "generator", choices, R3GAN.mapSides(imageShape, choices));
  const residual = blocksOf(context, kernels, choices, levels.length);
  return generatorOf(context, choices.labels.generator, ({ first }) => [
    layers.learnedBasis({ size: levels.at(-1)!.size, channels: levels.at(-1)!.channels, ...first }),
    ...levels.toReversed().flatMap(({ size, channels }, i, all): Part[] => {
      const here = [...residual(channels), ...attend(size)];
      if (i === all.length - 1) return here;
      const next = all[i + 1];
      const stage = { large: next.size, small: size, strides: [2, 2] as [number, number] };
      return [
        ...here,
        ...(next.channels === channels ? [] : [kernels.pointwise(channels, next.channels)]),
        layers.firResample({ direction: "up" }),
        ...cropped(context, stage),
      ];
    }),
    kernels.pointwise(levels[0].channels, imageShape[2]),
  ]);
}

/** [H, W, C] -> one logit. */
function discriminator(context: ModelContext, choices: Choices): LayersModel {
  const { tf, imageShape, layers } = context;
  const levels = levelsOf(imageShape, choices);
  const kernels = linear(context, "discriminator", choices);
  const attend = attentionOf(context, "discriminator", choices, R3GAN.mapSides(imageShape, choices));
  const residual = blocksOf(context, kernels, choices, levels.length);
  const { size, channels: last } = levels.at(-1)!;
  const features = last + (choices.minibatchStdDev ? 1 : 0);
  const seen = imageShape[2] + (choices.labels.discriminator === "concatenation" ? labelMapsOf(context) : 0);
  const end = (): Layer => kernels.dense(features, 1);
  const project = (x: SymbolicTensor, labels: SymbolicTensor): SymbolicTensor =>
    projection(context, kernels, { x, labels, features, units: last });
  return discriminatorOf(
    context,
    choices.labels.discriminator,
    { kernel: kernels.kernel, isSpectral: false, end, project },
    (first) => [
      kernels.pointwise(seen, levels[0].channels, first),
      ...levels.flatMap((level, i): Part[] => {
        const here = [...residual(level.channels), ...attend(level.size)];
        const next = levels.at(i + 1);
        if (!next) return here;
        return [
          ...here,
          ...padded(context, level.size),
          layers.firResample({ direction: "down" }),
          ...(next.channels === level.channels ? [] : [kernels.pointwise(level.channels, next.channels)]),
        ];
      }),
      ...(choices.minibatchStdDev ? [layers.minibatchStdDev()] : []),
      kernels.depthwise(size),
      tf.layers.flatten(),
    ],
  );
}

/** The features, made as many as the labels' vectors are long, times that of the label: all of the logit is by class. */
function projection(
  { tf, classes }: ModelContext,
  { kernel, dense }: Linear,
  {
    x,
    labels,
    features,
    units,
  }: { x: SymbolicTensor; labels: SymbolicTensor; features: number; units: number },
): SymbolicTensor {
  const usual = normal(tf, 1 / Math.sqrt(units), classes);
  const table = kernel(tf.layers.dense, { units, useBias: false }, { usual });
  const both = [dense(features, units).apply(x), table.apply(labels)] as SymbolicTensor[];
  return tf.layers.dot({ axes: 1 }).apply(both) as SymbolicTensor;
}

/** Layers without bias, from N(0, 1 / fan-in). */
interface Linear {
  readonly kernel: KernelLayers;
  readonly pointwise: (inputs: number, filters: number, first?: { readonly inputShape?: number[] }) => Layer;
  readonly depthwise: (size: Size) => Layer;
  readonly dense: (inputs: number, units: number) => Layer;
}

function linear(context: ModelContext, network: "generator" | "discriminator", choices: Choices): Linear {
  const { tf } = context;
  const own = choices.initializer === "normal" ? { ...choices, initializer: undefined } : choices; // it is normal, by fan-in
  const kernel = kernelLayers(context, network, own);
  return {
    kernel,
    pointwise: (inputs, filters, first = {}) =>
      kernel(
        tf.layers.conv2d,
        { filters, kernelSize: 1, useBias: false, ...first },
        { usual: normal(tf, 1, inputs) },
      ),
    depthwise: ([height, width]) =>
      kernel(
        tf.layers.depthwiseConv2d,
        { kernelSize: [height, width] as [number, number], useBias: false },
        { usual: normal(tf, 1, height * width), argument: "depthwiseInitializer" },
      ),
    dense: (inputs, units) =>
      kernel(tf.layers.dense, { units, useBias: false }, { usual: normal(tf, 1, inputs) }),
  };
}

/** The residual blocks of one map. */
function blocksOf(
  context: ModelContext,
  { kernel }: Linear,
  { blocks }: Choices,
  maps: number,
): (channels: number) => Part[] {
  const { tf, layers } = context;
  const gain = Math.sqrt(2 / (1 + SLOPE ** 2)) * (blocks * maps) ** -0.25;
  const active = (): Layer => tf.layers.leakyReLU({ alpha: SLOPE });
  return (channels) => {
    const filters = EXPANSION * channels;
    const [wide, mixed] = [channels, 9 * GROUP].map((fanIn) => ({ usual: normal(tf, gain, fanIn), gain }));
    const block: Part = (x) => {
      const y = through(x, [
        kernel(tf.layers.conv2d, { filters, kernelSize: 1 }, wide),
        active(),
        kernel(
          layers.groupedConv2d,
          { filters, kernelSize: 3, groups: filters / GROUP, padding: "same" },
          mixed,
        ),
        active(),
        kernel(tf.layers.conv2d, { filters: channels, kernelSize: 1, useBias: false }, { isZero: true }),
      ]);
      return tf.layers.add().apply([x, y]) as SymbolicTensor;
    };
    return Array.from({ length: blocks }, () => block);
  };
}

/** N(0, gain² / fan-in): not cut off, as what tfjs scales by fan-in is. */
function normal(
  { initializers }: ModelContext["tf"],
  gain: number,
  fanIn: number,
): ReturnType<ModelContext["tf"]["initializers"]["zeros"]> {
  return initializers.randomNormal({ stddev: gain / Math.sqrt(fanIn) });
}

/** A row or column of zeros behind an odd side, so that its half is rounded up. */
function padded({ tf }: ModelContext, [height, width]: Size): Layer[] {
  const [bottom, right] = [height % 2, width % 2];
  return bottom + right > 0 ? [tf.layers.zeroPadding2d({ padding: [[0, bottom], [0, right]] })] : []; // prettier-ignore
}

function levelsOf(image: readonly [number, number, ...number[]], { filters }: Choices): Level[] {
  return evenSizes(image, "r3gan").map((size, i) => ({
    size,
    channels: filters * Math.min(2 ** i, MOST_DOUBLED),
  }));
}
