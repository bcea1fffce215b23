// How the labels of images reach a preset's networks: what stands around the layers that make and judge images.
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { ModelContext } from "../users/model-context.ts";
import type { Choices } from "./choices.ts";
import type { KernelLayers } from "./kernels.ts";
import { type Layer, type Part, networkOf, through } from "./sequence.ts";

interface Normalization {
  readonly momentum: number;
}

/** What a generator's layers are built with. */
export interface GeneratorParts {
  /** Of the first layer, where it is the network's own input. */
  readonly first: { readonly inputShape?: number[] };
  readonly normalization: (args: Normalization) => Part;
}

/**
 * z [Z], or z and one-hot labels [K], to an image.
 *
 *   concatenation   the layers see z and, behind it, the label's row of a learned table (Mirza & Osindero 2014), which is as
 *                   long as z and begins with a K-th of its variance, as R3GAN's
 *   batch-norm      they see z alone, and each normalization has a scale and an offset for each class; where there are more
 *                   classes than numbers in z, for each number of the label's row of a table, so that parameters stay few
 *
 * Where z and the label are normalized together, the classes alone can give a batch its variance, and G soon draws one
 * picture of each, whatever z is: seen with dcgan's concatenation on MNIST, and with the same networks in PyTorch.
 */
export function generatorOf(
  context: ModelContext,
  way: Choices["labels"]["generator"],
  partsOf: (given: GeneratorParts) => readonly Part[],
): LayersModel {
  const { tf, layers, latentSize, classes } = context;
  const normalization = (args: Normalization): Layer => tf.layers.batchNormalization({ ...args });
  if (way === "none") {
    const first = { inputShape: [latentSize] };
    return networkOf(context, [latentSize], partsOf({ first, normalization }));
  }
  const [z, labels] = [latentSize, classes].map((size) => tf.input({ shape: [size] }));
  const table = (stddev: number): Layer =>
    tf.layers.dense({
      units: latentSize,
      useBias: false,
      kernelInitializer: tf.initializers.randomNormal({ stddev }),
    });
  switch (way) {
    case "concatenation": {
      const both = concatenated(context, [z, through(labels, [table(1 / Math.sqrt(classes))])]);
      const parts = partsOf({ first: {}, normalization });
      return tf.model({ inputs: [z, labels], outputs: through(both, parts) });
    }
    case "batch-norm": {
      const known = classes > latentSize ? through(labels, [table(1 / Math.sqrt(latentSize))]) : labels;
      const byClass =
        (args: Normalization): Part =>
        (x) =>
          layers.conditionalBatchNorm({ ...args }).apply([x, known]) as SymbolicTensor;
      const parts = partsOf({ first: {}, normalization: byClass });
      return tf.model({ inputs: [z, labels], outputs: through(z, parts) });
    }
    default:
      return way satisfies never;
  }
}

/** The end of a discriminator, from features [F]. */
export interface Ending {
  readonly kernel: KernelLayers;
  readonly isSpectral: boolean;
  /** Features to one logit. */
  readonly end: () => Layer;
  /** Features and labels to one logit; default: `layers.projection`. */
  readonly project?: (features: SymbolicTensor, labels: SymbolicTensor) => SymbolicTensor;
}

/** Maps that labels become beside the image, at most. */
const MOST_LABEL_MAPS = 16;

export function labelMapsOf({ classes }: Pick<ModelContext, "classes">): number {
  return Math.min(classes, MOST_LABEL_MAPS);
}

/**
 * An image [H, W, C], or that and one-hot labels [K], to one logit:
 *
 *   concatenation          the layers see the label's row of a learned table, as maps beside the image
 *   projection             the features are multiplied with the label's row of one (Miyato & Koyama 2018)
 *   auxiliary-classifier   takes no labels, and has a second output with a logit for each class (Odena et al. 2017)
 */
export function discriminatorOf(
  context: ModelContext,
  way: Choices["labels"]["discriminator"],
  { kernel, isSpectral, end, project }: Ending,
  partsOf: (first: { readonly inputShape?: number[] }) => readonly Part[],
): LayersModel {
  const { tf, layers, imageShape, classes } = context;
  if (way === "none")
    return networkOf(context, imageShape, [...partsOf({ inputShape: [...imageShape] }), end()]);
  const image = tf.input({ shape: [...imageShape] });
  const labels = (): SymbolicTensor => tf.input({ shape: [classes] });
  switch (way) {
    case "concatenation": {
      const given = labels();
      const x = concatenated(context, [image, labelMaps(context, given)]);
      return tf.model({ inputs: [image, given], outputs: through(x, [...partsOf({}), end()]) });
    }
    case "projection": {
      const given = labels();
      const features = through(image, partsOf({}));
      const outputs = project
        ? project(features, given)
        : (layers.projection({ spectralNorm: isSpectral }).apply([features, given]) as SymbolicTensor);
      return tf.model({ inputs: [image, given], outputs });
    }
    case "auxiliary-classifier": {
      const features = through(image, partsOf({}));
      const ends = [end(), kernel(tf.layers.dense, { units: classes })];
      return tf.model({
        inputs: image,
        outputs: ends.map((layer) => layer.apply(features) as SymbolicTensor),
      });
    }
    default:
      return way satisfies never;
  }
}

/** [B, H, W, E], each label's own E numbers at every pixel. */
function labelMaps(context: ModelContext, labels: SymbolicTensor): SymbolicTensor {
  const { tf, imageShape: [height, width] } = context; // prettier-ignore
  const units = labelMapsOf(context);
  return through(labels, [
    tf.layers.dense({
      units,
      useBias: false,
      kernelInitializer: tf.initializers.randomNormal({ stddev: 1 }),
    }),
    tf.layers.repeatVector({ n: height * width }),
    tf.layers.reshape({ targetShape: [height, width, units] }),
  ]);
}

function concatenated({ tf }: ModelContext, tensors: SymbolicTensor[]): SymbolicTensor {
  return tf.layers.concatenate().apply(tensors) as SymbolicTensor;
}
