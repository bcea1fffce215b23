// Every layer of `layers` whose derivatives are those of what it computes, each in a small model of its own.
// (Those of spectral normalization are not: it takes u and v for constants.)
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { type GanLayers, ganLayers } from "../../coordinator/compiler/models/layers/layers.ts";
import type { Tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";
import type { LayerCase } from "./layer-cases.ts";

type Layer = LayersModel["layers"][number];

const layer = (
  name: string,
  inputs: readonly (readonly number[])[],
  make: (all: GanLayers, tf: Tensorflow) => Layer,
  more: Partial<LayerCase> = {},
): LayerCase => ({
  name,
  inputs,
  build: (tf) => {
    const ends = inputs.map((shape) => tf.input({ shape: [...shape] }));
    const outputs = make(ganLayers(tf), tf).apply(ends.length === 1 ? ends[0] : ends) as SymbolicTensor;
    return tf.model({ inputs: ends, outputs });
  },
  ...more,
});

const training = true;

export const GAN_LAYERS: readonly LayerCase[] = [
  layer("pixelNorm", [[2, 1, 3]], (all) => all.pixelNorm({ epsilon: 0.1 })),
  layer("minibatchStdDev", [[2, 2, 2]], (all) => all.minibatchStdDev({ groupSize: 2, features: 2 }), { training }),
  layer("minibatchStdDev of vectors", [[3]], (all) => all.minibatchStdDev(), { training }),
  layer("selfAttention", [[3, 2, 4]], (all) => all.selfAttention()),
  layer("conditionalBatchNorm, used", [[2, 2, 3], [2]], (all) => all.conditionalBatchNorm(), { range: [0.2, 2] }),
  layer("conditionalBatchNorm, trained", [[2, 2, 3], [2]], (all) => all.conditionalBatchNorm(), { range: [0.2, 2], training }),
  layer("projection", [[3], [2]], (all) => all.projection()),
  layer("learnedBasis", [[3]], (all) => all.learnedBasis({ size: [1, 2], channels: 2 })),
  layer("groupedConv2d, group by group", [[3, 2, 4]], (all) => all.groupedConv2d({ filters: 2, kernelSize: 2, groups: 2, padding: "same", activation: "tanh" })),
  layer("firResample up", [[2, 3, 1]], (all) => all.firResample({ direction: "up" })),
  layer("firResample down", [[4, 3, 1]], (all) => all.firResample({ direction: "down", taps: [1, 2, 1] })),
  layer("globalSumPooling", [[2, 3, 2]], (all) => all.globalSumPooling()),
  layer("equalized dense", [[3]], (all, tf) => all.equalized({ layer: tf.layers.dense({ units: 2, activation: "tanh" }), rateMultiplier: 0.5 })),
  layer("equalized conv2dTranspose", [[2, 2, 1]], (all, tf) => all.equalized({ layer: tf.layers.conv2dTranspose({ filters: 2, kernelSize: 2 }) })),
  layer("equalized separableConv2d", [[2, 2, 2]], (all, tf) => all.equalized({ layer: tf.layers.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 1 }) })),
]; // prettier-ignore
