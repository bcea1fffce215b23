// What the guard looks at, as a program: real and generated images, what D makes of them, and which ReLUs are dead.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { layerPlaces } from "../layer-places.ts";
import { type RunModels, bindWeights, traceNetworks } from "../objectives/trace-networks.ts";
import type { Program } from "../../../shared/program/program.ts";
import { PROBE } from "../../../shared/protocol/slot-names.ts";
import { withFeatures } from "./features.ts";
import { withRelus } from "./relus.ts";

/** Sides of an image are averaged down to this for comparing; what differs in less is the same picture. */
const SIDE = 32;
/** Features of an image that are compared; of more, every k-th. */
const FEATURES = 1024;

/**
 * Of a shard of B real and B generated images, as a D phase sees them (in training, with the present weights):
 *
 *   images/real    [B, …]   averaged to 32 × 32 at most             images/fake the same
 *   features/real  [B, F]   what D's last weighted layer is given   features/fake
 *   scores/real    [B]      D's first output, mean over patches     scores/fake
 *   relu/<layer>   []       the largest output of a ReLU
 *
 * Features and scores are left out where D shows no features, or gives an image no single score. Null for a classifier.
 */
export async function traceProbe(models: RunModels): Promise<Program | null> {
  const { config, images, networks } = models;
  const { generator, discriminator } = networks;
  if (!generator || !discriminator) return null;
  const program = await traceNetworks("guard's look at the images", models, (context) => {
    bindWeights(context, models.weights);
    const { classes, imageShape } = images;
    const samples = context.input("samples", [config.shard, ...imageShape]);
    const noise = context.input("noise", [config.shard, config.latentSize]);
    const labels = classes > 0 ? [context.input("labels", [config.shard, classes])] : [];
    const given = (model: LayersModel, first: tf.Tensor): tf.Tensor | tf.Tensor[] =>
      model.inputs.length > 1 ? [first, ...labels] : first;
    const [fake] = listOf(generator.apply(given(generator, noise), { training: true }) as tf.Tensor);
    const outputs: Record<string, tf.Tensor> = {
      [PROBE.images.real]: reduced(samples),
      [PROBE.images.fake]: reduced(fake),
    };
    const judge = withFeatures(discriminator);
    for (const [kind, judged] of [
      ["real", samples],
      ["fake", fake],
    ] as const) {
      const { features, score } = judge(given(discriminator, judged));
      if (features) outputs[PROBE.features[kind]] = thinned(features);
      if (score) outputs[PROBE.scores[kind]] = score;
    }
    return outputs;
  });
  return withRelus(program, layerPlaces(networks));
}

function reduced(images: tf.Tensor): tf.Tensor {
  const [count, height, width] = images.shape;
  const window = Math.ceil(Math.max(height, width) / SIDE);
  const small = window > 1 ? tf.avgPool(images as tf.Tensor4D, window, window, "same") : images;
  return tf.reshape(small, [count, -1]);
}

function thinned(features: tf.Tensor): tf.Tensor {
  const [count] = features.shape;
  const flat = tf.reshape(features, [count, -1]);
  const stride = Math.ceil(flat.shape[1]! / FEATURES);
  return stride > 1 ? tf.stridedSlice(flat, [0, 0], [count, flat.shape[1]!], [1, stride]) : flat;
}

function listOf(outputs: tf.Tensor | tf.Tensor[]): tf.Tensor[] {
  return Array.isArray(outputs) ? outputs : [outputs];
}
