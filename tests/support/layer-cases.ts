// Every layer of tf.layers that computes without chance, each in a small model of its own.
import type { LayersModel, SymbolicTensor, layers } from "@tensorflow/tfjs-layers";
import type { Tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";

export interface LayerCase {
  readonly name: string;
  /** Of one input each, without the batch. */
  readonly inputs: readonly (readonly number[])[];
  readonly build: (tf: Tensorflow) => LayersModel;
  /** What goes in where it has no gradient (word numbers). */
  readonly fixed?: readonly number[];
  /** Of inputs and weights. */
  readonly range?: readonly [number, number];
  readonly training?: boolean;
}

type Layer = layers.Layer;

/** A model of one layer. */
const layer = (
  name: string,
  input: readonly number[],
  make: (all: Tensorflow["layers"], tf: Tensorflow) => Layer,
  more: Partial<LayerCase> = {},
): LayerCase => ({
  name,
  inputs: [input],
  build: (tf) => {
    const x = tf.input({ shape: [...input] });
    return tf.model({ inputs: x, outputs: make(tf.layers, tf).apply(x) as SymbolicTensor });
  },
  ...more,
});

/** A model that merges several inputs. */
const merge = (
  name: string,
  inputs: readonly (readonly number[])[],
  make: (all: Tensorflow["layers"]) => Layer,
): LayerCase => ({
  name,
  inputs,
  build: (tf) => {
    const ends = inputs.map((shape) => tf.input({ shape: [...shape] }));
    return tf.model({ inputs: ends, outputs: make(tf.layers).apply(ends) as SymbolicTensor });
  },
});

const ACTIVATION_NAMES = ["elu", "hardSigmoid", "linear", "relu", "relu6", "selu", "sigmoid", "softmax", "softplus", "softsign", "tanh", "swish", "mish", "gelu", "gelu_new"] as const; // prettier-ignore

const POSITIVE: Partial<LayerCase> = { range: [0.2, 2] };

const ACTIVATIONS: readonly LayerCase[] = [
  ...ACTIVATION_NAMES.map((activation) =>
    layer(`activation ${activation}`, [5], (all) => all.activation({ activation })),
  ),
  layer("elu", [5], (all) => all.elu()),
  layer("leakyReLU", [5], (all) => all.leakyReLU({ alpha: 0.1 })),
  layer("prelu", [2, 3], (all) => all.prelu({ sharedAxes: [1] })),
  layer("reLU with a most", [5], (all) => all.reLU({ maxValue: 1 })),
  layer("softmax", [5], (all) => all.softmax()),
  layer("thresholdedReLU", [5], (all) => all.thresholdedReLU({ theta: 0.5 })),
];

const WEIGHTED: readonly LayerCase[] = [
  layer("dense", [4], (all) => all.dense({ units: 3, activation: "tanh" })),
  layer("dense on a sequence", [2, 3], (all) => all.dense({ units: 2 })),
  layer("conv1d", [5, 2], (all) => all.conv1d({ filters: 2, kernelSize: 3, strides: 2, padding: "same" })),
  layer("conv1d, dilated", [6, 1], (all) => all.conv1d({ filters: 2, kernelSize: 2, dilationRate: 2 })),
  layer("conv2d", [4, 3, 2], (all) => all.conv2d({ filters: 2, kernelSize: 3, padding: "same", activation: "sigmoid" })),
  layer("conv2d, strides 2", [5, 4, 1], (all) => all.conv2d({ filters: 2, kernelSize: [3, 2], strides: 2, padding: "same" })),
  layer("conv2d, dilated", [5, 6, 1], (all) => all.conv2d({ filters: 1, kernelSize: 3, dilationRate: 2, padding: "same" })),
  layer("conv2d, channels first", [2, 4, 3], (all) => all.conv2d({ filters: 2, kernelSize: 2, dataFormat: "channelsFirst" })),
  layer("conv2dTranspose", [2, 3, 2], (all) => all.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: "same" })),
  layer("conv2dTranspose, valid", [2, 2, 1], (all) => all.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2 })),
  layer("depthwiseConv2d", [4, 4, 2], (all) => all.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: "same" })),
  layer("depthwiseConv2d, strides 2", [5, 4, 2], (all) => all.depthwiseConv2d({ kernelSize: 3, strides: 2 })),
  layer("depthwiseConv2d, dilated", [5, 5, 1], (all) => all.depthwiseConv2d({ kernelSize: 2, dilationRate: [2, 2] as never })),
  layer("separableConv2d", [4, 4, 2], (all) => all.separableConv2d({ filters: 2, kernelSize: 2, depthMultiplier: 1 })),
  layer("batchNormalization, used", [2, 2, 3], (all) => all.batchNormalization(), POSITIVE),
  layer("batchNormalization, trained", [2, 2, 3], (all) => all.batchNormalization(), { ...POSITIVE, training: true }),
  layer("batchNormalization of vectors, trained", [3], (all) => all.batchNormalization(), { ...POSITIVE, training: true }),
  layer("batchNormalization without scale, trained", [2, 2, 2], (all) => all.batchNormalization({ scale: false }), { ...POSITIVE, training: true }),
  layer("batchNormalization without offset, trained", [3], (all) => all.batchNormalization({ center: false }), { ...POSITIVE, training: true }),
  layer("layerNormalization", [2, 4], (all) => all.layerNormalization(), POSITIVE),
  layer("layerNormalization over two axes", [2, 3], (all) => all.layerNormalization({ axis: [1, 2] }), POSITIVE),
  { ...layer("embedding", [3], (all) => all.embedding({ inputDim: 4, outputDim: 2 })), fixed: [0, 3, 1, 3, 3, 2] },
  layer("regularized dense", [3], (all, tf) => all.dense({ units: 2, kernelRegularizer: tf.regularizers.l1l2({ l1: 0.1, l2: 0.2 }) })),
  layer("timeDistributed", [2, 3], (all) => all.timeDistributed({ layer: all.dense({ units: 2 }) })),
]; // prettier-ignore

const SHAPED: readonly LayerCase[] = [
  layer("maxPooling1d", [5, 2], (all) => all.maxPooling1d({ poolSize: 2, strides: 2 })),
  layer("averagePooling1d", [5, 2], (all) => all.averagePooling1d({ poolSize: 3, strides: 2, padding: "same" })),
  layer("maxPooling2d", [5, 4, 2], (all) => all.maxPooling2d({ poolSize: 2, padding: "same" })),
  layer("averagePooling2d", [5, 4, 2], (all) => all.averagePooling2d({ poolSize: [3, 2], strides: [2, 1], padding: "same" })),
  layer("globalAveragePooling1d", [3, 2], (all) => all.globalAveragePooling1d()),
  layer("globalMaxPooling1d", [3, 2], (all) => all.globalMaxPooling1d()),
  layer("globalAveragePooling2d", [3, 2, 2], (all) => all.globalAveragePooling2d({ dataFormat: "channelsLast" })),
  layer("globalMaxPooling2d", [3, 2, 2], (all) => all.globalMaxPooling2d({ dataFormat: "channelsLast" })),
  layer("upSampling2d, nearest", [2, 3, 2], (all) => all.upSampling2d({ size: [2, 3] })),
  layer("upSampling2d, bilinear", [2, 3, 2], (all) => all.upSampling2d({ size: [2, 2], interpolation: "bilinear" })),
  layer("zeroPadding2d", [2, 3, 1], (all) => all.zeroPadding2d({ padding: [[1, 0], [2, 1]] })),
  layer("cropping2D", [4, 5, 1], (all) => all.cropping2D({ cropping: [[1, 0], [2, 1]] })),
  layer("flatten", [2, 3], (all) => all.flatten()),
  layer("reshape", [2, 6], (all) => all.reshape({ targetShape: [3, -1] })),
  layer("permute", [2, 3, 2], (all) => all.permute({ dims: [3, 1, 2] })),
  layer("repeatVector", [3], (all) => all.repeatVector({ n: 4 })),
  layer("rescaling", [3], (all) => all.rescaling({ scale: 0.5, offset: -1 })),
  merge("add", [[3], [3], [3]], (all) => all.add()),
  merge("average", [[3], [3]], (all) => all.average()),
  merge("concatenate", [[2, 3], [2, 1]], (all) => all.concatenate({ axis: -1 })),
  merge("maximum", [[3], [3]], (all) => all.maximum()),
  merge("minimum", [[3], [3]], (all) => all.minimum()),
  merge("multiply", [[3], [3]], (all) => all.multiply()),
  merge("multiply, broadcast", [[2, 3], [3]], (all) => all.multiply()),
  merge("dot", [[3], [3]], (all) => all.dot({ axes: 1 })),
  merge("dot, normalized", [[2, 3], [2, 3]], (all) => all.dot({ axes: 2, normalize: true })),
]; // prettier-ignore

const RECURRENT: readonly LayerCase[] = [
  layer("simpleRNN, unrolled", [3, 2], (all) =>
    all.simpleRNN({ units: 2, recurrentInitializer: "glorotUniform" }),
  ),
  layer("gru, unrolled", [3, 2], (all) => all.gru({ units: 2, recurrentInitializer: "glorotUniform" })),
  layer("bidirectional gru", [2, 2], (all) =>
    all.bidirectional({
      layer: all.gru({ units: 1, recurrentInitializer: "glorotUniform" }),
      mergeMode: "concat",
    }),
  ),
  layer("convLstm2d", [2, 3, 3, 1], (all) =>
    all.convLstm2d({ filters: 1, kernelSize: 2, recurrentInitializer: "glorotUniform", padding: "same" }),
  ),
  layer("lstm, unrolled", [3, 2], (all) =>
    all.lstm({ units: 2, returnSequences: true, recurrentInitializer: "glorotUniform" }),
  ),
];

const MODELS: readonly LayerCase[] = [
  {
    name: "a shared layer",
    inputs: [[3], [3]],
    build: (tf) => {
      const ends = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
      const shared = tf.layers.dense({ units: 2, activation: "tanh" });
      const twice = ends.map((end) => shared.apply(end) as SymbolicTensor);
      return tf.model({ inputs: ends, outputs: tf.layers.multiply().apply(twice) as SymbolicTensor });
    },
  },
  {
    name: "two inputs and two outputs",
    inputs: [[3], [2]],
    build: (tf) => {
      const ends = [tf.input({ shape: [3] }), tf.input({ shape: [2] })];
      const joined = tf.layers.concatenate().apply(ends) as SymbolicTensor;
      const outputs = ["tanh", "sigmoid"].map(
        (activation) => tf.layers.dense({ units: 2, activation: activation as "tanh" }).apply(joined) as SymbolicTensor,
      );
      return tf.model({ inputs: ends, outputs });
    },
  },
  {
    name: "a model inside a model",
    inputs: [[3]],
    build: (tf) => {
      const inner = tf.sequential({
        layers: [tf.layers.dense({ units: 2, activation: "softplus", inputShape: [3] }), tf.layers.dense({ units: 3 })],
      });
      const x = tf.input({ shape: [3] });
      const twice = inner.apply(inner.apply(x)) as SymbolicTensor;
      return tf.model({ inputs: x, outputs: twice });
    },
  },
]; // prettier-ignore

export const LAYERS: readonly LayerCase[] = [...ACTIVATIONS, ...WEIGHTED, ...SHAPED, ...RECURRENT, ...MODELS];
