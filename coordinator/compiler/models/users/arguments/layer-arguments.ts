// The arguments that each layer of tf.layers takes, and what they may be.
//
// The names are those of tfjs's own type declarations: a test compares them with the installed ones.
import {
  type Known,
  type Rules,
  aboveZero,
  activation,
  anything,
  axes,
  axis,
  constraint,
  count,
  finite,
  flag,
  fromZero,
  initializer,
  list,
  margins,
  numbers,
  object,
  oneOf,
  portion,
  regularizer,
  required,
  seed,
  shape,
  share,
  sizeList,
  sizes,
  targetShape,
  text,
  undilated,
} from "./rule.ts";
import { valueText } from "./value-text.ts";

const dtype = oneOf("float32", "int32", "bool", "complex64", "string");
const padding = oneOf("valid", "same");
const dataFormat = oneOf("channelsLast", "channelsFirst");
const interpolation = oneOf("nearest", "bilinear");

const LAYER = {
  inputShape: shape, batchInputShape: shape, batchSize: count,
  dtype, inputDType: dtype, name: text, trainable: flag, weights: list,
}; // prettier-ignore

/** What a layer takes for one of its weights. */
function weight(name: string): Rules {
  return {
    [`${name}Initializer`]: initializer,
    [`${name}Regularizer`]: regularizer,
    [`${name}Constraint`]: constraint,
  };
}

const convolution = (rank: 1 | 2 | 3): Rules => ({
  kernelSize: required(sizes(rank)), strides: sizes(rank), padding, dataFormat, dilationRate: sizes(rank),
  activation, useBias: flag, ...weight("kernel"), ...weight("bias"), activityRegularizer: regularizer,
}); // prettier-ignore
const filters = { filters: required(count) };
/** Of a convolution of images. */
export const filteredConvolution: Rules = { ...filters, ...convolution(2) };

const pooling = (rank: 1 | 2 | 3): Rules => ({ poolSize: sizes(rank), strides: sizes(rank), padding });

const RECURRENT = {
  cell: object, returnSequences: flag, returnState: flag, goBackwards: flag, stateful: flag, unroll: flag,
  inputDim: count, inputLength: count,
}; // prettier-ignore
const CELL_WITHOUT_UNITS = {
  activation, useBias: flag, ...weight("kernel"), ...weight("recurrent"), ...weight("bias"),
  dropout: share, recurrentDropout: share, dropoutFunc: anything,
}; // prettier-ignore
const CELL = { units: required(count), ...CELL_WITHOUT_UNITS };
const gates = { recurrentActivation: activation, implementation: oneOf(0, 1, 2) };
const CONVOLUTIONAL_CELL = {
  ...CELL_WITHOUT_UNITS, ...gates, unitForgetBias: flag, ...filters,
  kernelSize: required(sizes(2)), strides: sizes(2), padding, dataFormat, dilationRate: sizes(2),
}; // prettier-ignore

/** tfjs draws both kernels of a separable convolution with the first's initializer. */
function pointwiseConflict({
  depthwiseInitializer,
  pointwiseInitializer,
}: Record<string, unknown>): string | null {
  const used = JSON.stringify(depthwiseInitializer ?? "glorotUniform");
  if (pointwiseInitializer == null || JSON.stringify(pointwiseInitializer) === used) return null;
  return `ignores pointwiseInitializer (given ${valueText(pointwiseInitializer)}) in tfjs, which draws both kernels with depthwiseInitializer: leave it out`;
}

/** tfjs declares what it takes for a usual kernel, and has none here. */
function depthwiseConflict(args: Record<string, unknown>): string | null {
  const kinds = ["Initializer", "Regularizer", "Constraint"];
  const kind = kinds.find((name) => args[`kernel${name}`] != null);
  return kind === undefined
    ? null
    : `ignores kernel${kind} (given ${valueText(args[`kernel${kind}`])}) in tfjs: did you mean depthwise${kind}?`;
}

/** A layer's own arguments, and those that every layer takes. */
export function layer(className: string, rules: Rules = {}, more: Partial<Known> = {}): Known {
  return { className, rules: { ...rules, ...LAYER }, ...more };
}

const averagePooling = {
  1: layer("AveragePooling1D", pooling(1)),
  2: layer("AveragePooling2D", { ...pooling(2), dataFormat }),
  3: layer("AveragePooling3D", { ...pooling(3), dataFormat }),
};
const maxPooling1d = layer("MaxPooling1D", pooling(1));
const maxPooling2d = layer("MaxPooling2D", { ...pooling(2), dataFormat });
const globalMaxPooling1d = layer("GlobalMaxPooling1D");
const globalMaxPooling2d = layer("GlobalMaxPooling2D", { dataFormat });

/** A layer that repeats a cell, or the cell. */
function recurrent(className: string, rules: Rules): Known {
  return layer(className, rules, { added: { activityRegularizer: null, resetAfter: false } });
}

/** By the factory's name in tf.layers. */
export const LAYER_ARGUMENTS: Readonly<Record<string, Known>> = {
  inputLayer: {
    className: "InputLayer",
    rules: { inputShape: shape, batchInputShape: shape, batchSize: count, dtype, sparse: flag, name: text },
  },
  elu: layer("ELU", { alpha: oneOf(1) }),
  reLU: layer("ReLU", { maxValue: aboveZero }),
  leakyReLU: layer("LeakyReLU", { alpha: portion }),
  prelu: layer("PReLU", { ...weight("alpha"), sharedAxes: axes }),
  softmax: layer("Softmax", { axis: axes }),
  thresholdedReLU: layer("ThresholdedReLU", { theta: fromZero }),
  conv1d: layer("Conv1D", { ...filters, ...convolution(1) }),
  conv2d: layer("Conv2D", filteredConvolution),
  conv2dTranspose: layer("Conv2DTranspose", { ...filters, ...convolution(2), dilationRate: undilated }),
  conv3d: layer("Conv3D", { ...filters, ...convolution(3) }),
  conv3dTranspose: layer("Conv3DTranspose", { ...filters, ...convolution(3), dilationRate: undilated }),
  separableConv2d: layer(
    "SeparableConv2D",
    { ...filters, ...convolution(2), depthMultiplier: count, ...weight("depthwise"), ...weight("pointwise") },
    { conflict: pointwiseConflict },
  ),
  cropping2D: layer("Cropping2D", { cropping: required(margins), dataFormat }),
  upSampling2d: layer("UpSampling2D", { size: sizeList(2), dataFormat, interpolation }),
  depthwiseConv2d: layer(
    "DepthwiseConv2D",
    { ...convolution(2), depthMultiplier: count, ...weight("depthwise") },
    { conflict: depthwiseConflict, savedRules: { dilationRate: undilated } },
  ),
  activation: layer("Activation", { activation: required(activation) }),
  dense: layer("Dense", {
    units: required(count), activation, useBias: flag, ...weight("kernel"), ...weight("bias"),
    activityRegularizer: regularizer, inputDim: count,
  }), // prettier-ignore
  dropout: layer("Dropout", { rate: required(share), noiseShape: shape, seed }),
  spatialDropout1d: layer("SpatialDropout1D", { rate: required(share), seed }),
  flatten: layer("Flatten", { dataFormat }),
  repeatVector: layer("RepeatVector", { n: required(count) }),
  reshape: layer("Reshape", { targetShape: required(targetShape) }),
  permute: layer("Permute", { dims: required(list) }),
  embedding: layer("Embedding", {
    inputDim: required(count), outputDim: required(count), ...weight("embeddings"),
    activityRegularizer: regularizer, maskZero: flag, inputLength: shape,
  }), // prettier-ignore
  add: layer("Add"),
  average: layer("Average"),
  concatenate: layer("Concatenate", { axis }),
  maximum: layer("Maximum"),
  minimum: layer("Minimum"),
  multiply: layer("Multiply"),
  dot: layer("Dot", { axes: required(axes), normalize: flag }),
  batchNormalization: layer("BatchNormalization", {
    axis, momentum: portion, epsilon: aboveZero, center: flag, scale: flag, ...weight("beta"), ...weight("gamma"),
    movingMeanInitializer: initializer, movingVarianceInitializer: initializer,
  }), // prettier-ignore
  layerNormalization: layer("LayerNormalization", {
    axis: axes, epsilon: aboveZero, center: flag, scale: flag, betaInitializer: initializer,
    betaRegularizer: regularizer, gammaInitializer: initializer, gammaRegularizer: regularizer,
  }), // prettier-ignore
  zeroPadding2d: layer("ZeroPadding2D", { padding: margins, dataFormat }),
  averagePooling1d: averagePooling[1],
  avgPool1d: averagePooling[1],
  avgPooling1d: averagePooling[1],
  averagePooling2d: averagePooling[2],
  avgPool2d: averagePooling[2],
  avgPooling2d: averagePooling[2],
  averagePooling3d: averagePooling[3],
  avgPool3d: averagePooling[3],
  avgPooling3d: averagePooling[3],
  globalAveragePooling1d: layer("GlobalAveragePooling1D"),
  globalAveragePooling2d: layer("GlobalAveragePooling2D", { dataFormat }),
  globalMaxPooling1d,
  globalMaxPool1d: globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPool2d: globalMaxPooling2d,
  maxPooling1d,
  maxPool1d: maxPooling1d,
  maxPooling2d,
  maxPool2d: maxPooling2d,
  maxPooling3d: layer("MaxPooling3D", { ...pooling(3), dataFormat }),
  gru: recurrent("GRU", { ...RECURRENT, ...CELL, ...gates }),
  gruCell: recurrent("GRUCell", { ...CELL, ...gates, resetAfter: flag }),
  lstm: recurrent("LSTM", { ...RECURRENT, ...CELL, ...gates, unitForgetBias: flag }),
  lstmCell: recurrent("LSTMCell", { ...CELL, ...gates, unitForgetBias: flag }),
  simpleRNN: recurrent("SimpleRNN", { ...RECURRENT, ...CELL }),
  simpleRNNCell: recurrent("SimpleRNNCell", CELL),
  convLstm2d: recurrent("ConvLSTM2D", { ...RECURRENT, ...CONVOLUTIONAL_CELL }),
  convLstm2dCell: recurrent("ConvLSTM2DCell", CONVOLUTIONAL_CELL),
  rnn: layer("RNN", { ...RECURRENT, cell: required(object) }),
  stackedRNNCells: layer("StackedRNNCells", { cells: required(list) }),
  bidirectional: layer("Bidirectional", {
    layer: required(object),
    mergeMode: oneOf("sum", "mul", "concat", "ave"),
  }),
  timeDistributed: layer("TimeDistributed", { layer: required(object) }),
  gaussianNoise: layer("GaussianNoise", { stddev: required(fromZero) }),
  gaussianDropout: layer("GaussianDropout", { rate: required(share) }),
  alphaDropout: layer("AlphaDropout", { rate: required(share), noiseShape: shape }),
  masking: layer("Masking", { maskValue: finite }),
  rescaling: layer("Rescaling", { scale: required(numbers), offset: numbers }),
  centerCrop: layer("CenterCrop", { height: required(count), width: required(count) }),
  resizing: layer("Resizing", {
    height: required(count), width: required(count), interpolation, cropToAspectRatio: flag,
  }), // prettier-ignore
  categoryEncoding: layer("CategoryEncoding", {
    numTokens: required(count),
    outputMode: oneOf("int", "oneHot", "multiHot", "count", "tfIdf"),
  }),
  randomWidth: layer("RandomWidth", { factor: required(numbers), interpolation, seed, autoVectorize: flag }),
};
