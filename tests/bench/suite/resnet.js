// The residual networks of Gulrajani et al. (2017) for CIFAR-10: 128 channels everywhere, normalization in G alone.
export const latentSize = 128;

const CHANNELS = 128;

function parts(tf) {
  const { layers } = tf;
  const convolve = (x, filters, kernelSize = 3) =>
    layers.conv2d({ filters, kernelSize, padding: "same" }).apply(x);
  const sum = (a, b) => layers.add().apply([a, b]);
  const active = (x) =>
    layers.reLU().apply(layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }).apply(x));
  const double = (x) => layers.upSampling2d({ size: [2, 2] }).apply(x);
  const halve = (x) => layers.averagePooling2d({ poolSize: 2, strides: 2 }).apply(x);
  const relu = (x) => layers.reLU().apply(x);
  return { convolve, sum, active, double, halve, relu };
}

export function generator({ tf, imageShape, latentSize: size }) {
  const { convolve, sum, active, double } = parts(tf);
  const side = imageShape[0] / 8;
  const z = tf.input({ shape: [size] });
  let x = tf.layers.dense({ units: side * side * CHANNELS }).apply(z);
  x = tf.layers.reshape({ targetShape: [side, side, CHANNELS] }).apply(x);
  for (let block = 0; block < 3; block++) {
    const main = convolve(active(convolve(double(active(x)), CHANNELS)), CHANNELS);
    x = sum(main, double(convolve(x, CHANNELS, 1)));
  }
  const image = tf.layers
    .conv2d({ filters: imageShape[2], kernelSize: 3, padding: "same", activation: "tanh" })
    .apply(active(x));
  return tf.model({ inputs: z, outputs: image });
}

export function discriminator({ tf, imageShape }) {
  const { convolve, sum, halve, relu } = parts(tf);
  const image = tf.input({ shape: imageShape });
  const first = halve(convolve(relu(convolve(image, CHANNELS)), CHANNELS));
  let x = sum(first, convolve(halve(image), CHANNELS, 1));
  const down = halve(convolve(relu(convolve(relu(x), CHANNELS)), CHANNELS));
  x = sum(down, halve(convolve(x, CHANNELS, 1)));
  for (let block = 0; block < 2; block++) x = sum(convolve(relu(convolve(relu(x), CHANNELS)), CHANNELS), x);
  const features = tf.layers.globalAveragePooling2d({}).apply(relu(x));
  return tf.model({ inputs: image, outputs: tf.layers.dense({ units: 1 }).apply(features) });
}
