// The program of a built-in extractor: a trained seed-cnn up to its last layer but one, its weights as constants.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { GanglionError } from "../../../shared/errors.ts";
import type { Program } from "../../../shared/program/program.ts";
import { useCpuBackend } from "../../../shared/program/cpu-backend.ts";
import { classifier } from "../models/presets/seed-cnn.ts";
import { ganParts, tensorflow } from "../models/users/model-context.ts";
import { NowInputs } from "../models/users/now.ts";
import { assignWeights, namedWeights } from "../models/weights.ts";
import { traceProgram } from "../trace/trace.ts";

export interface TrainedClassifier {
  /** For messages. */
  readonly name: string;
  /** [H, W, C] of one image. */
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** By its name in the layout of a classifier's run. */
  readonly weights: ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;
}

/**
 * Images [B, H, W, C · planes] in [-1, 1] to features [B, F] and class probabilities [B, K].
 *
 * With several planes, which are stacked as channels, each is classified by itself (as in stacked MNIST, Metz et al. 2017):
 * features stand side by side, F = planes · 128, and classes are all combinations, K = classes ^ planes.
 *
 * @throws GanglionError MODEL where weights are missing
 */
export async function traceClassifierExtractor(
  { name, imageShape, classes, weights }: TrainedClassifier,
  { batch, planes }: { readonly batch: number; readonly planes: number },
): Promise<Program> {
  await useCpuBackend();
  const [height, width, channels] = imageShape;
  const { now } = new NowInputs([]);
  const parts = { tf: tensorflow(), ...ganParts() };
  const model = classifier({ ...parts, imageShape: [...imageShape], classes, latentSize: 1, now });
  try {
    const named = namedWeights({ classifier: model });
    return await traceProgram((context) => {
      assignWeights(
        named,
        new Map(
          named.map(({ name: own }) => {
            const found = weights.get(own);
            if (!found) throw new GanglionError("MODEL", `the weights of the extractor ${name} lack ${own}`);
            return [own, tf.tensor(found.data, [...found.shape])];
          }),
        ),
      );
      const images = context.input("images", [batch, height, width, channels * planes]);
      const made = Array.from({ length: planes }, (_, plane) =>
        classified(model, tf.slice(images, [0, 0, 0, plane * channels], [batch, height, width, channels])),
      );
      return {
        features: tf.concat(
          made.map(({ features }) => features),
          1,
        ),
        probabilities: combined(
          made.map(({ probabilities }) => probabilities),
          batch,
          classes,
        ),
      };
    });
  } finally {
    model.dispose();
  }
}

function classified(
  { layers }: LayersModel,
  images: tf.Tensor,
): { readonly features: tf.Tensor; readonly probabilities: tf.Tensor } {
  let features = images;
  for (const layer of layers.slice(0, -1)) features = layer.apply(features) as tf.Tensor;
  return { features, probabilities: layers.at(-1)!.apply(features) as tf.Tensor };
}

/** p₁ ⊗ p₂ ⊗ …: [B, K] each to [B, K · K · …], the first plane's class counting most. */
function combined(probabilities: readonly tf.Tensor[], batch: number, classes: number): tf.Tensor {
  return probabilities.reduce((all, own) =>
    tf.reshape(tf.mul(tf.reshape(all, [batch, -1, 1]), tf.reshape(own, [batch, 1, classes])), [batch, -1]),
  );
}
