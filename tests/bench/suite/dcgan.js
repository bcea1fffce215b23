// The DCGAN that PyTorch's example and most tutorials have (Radford et al. 2016): batch normalization in both networks.
export const latentSize = 100;

const FILTERS = 64;
const MOST = 512;
const LEAST_SIDE = 7; // a side is halved while it is longer

/** Channels of the maps, from the image's half down to 4 to 7 points a side. */
function widthsOf([side]) {
  const widths = [];
  for (let size = side; size > LEAST_SIDE; size = Math.ceil(size / 2))
    widths.push(Math.min(MOST, FILTERS * 2 ** widths.length));
  return widths;
}

const strided = { kernelSize: 4, strides: 2, padding: "same" };

export function generator({ tf, imageShape, latentSize: size }) {
  const { layers } = tf;
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.02 });
  const active = () => [layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }), layers.reLU()];
  const widths = widthsOf(imageShape);
  const side = imageShape[0] / 2 ** widths.length;
  const [deepest, ...others] = widths.toReversed();
  return tf.sequential({
    layers: [
      layers.dense({
        units: side * side * deepest,
        useBias: false,
        kernelInitializer,
        inputShape: [size],
      }),
      layers.reshape({ targetShape: [side, side, deepest] }),
      ...active(),
      ...others.flatMap((filters) => [
        layers.conv2dTranspose({ ...strided, filters, useBias: false, kernelInitializer }),
        ...active(),
      ]),
      layers.conv2dTranspose({ ...strided, filters: imageShape[2], kernelInitializer, activation: "tanh" }),
    ],
  });
}

export function discriminator({ tf, imageShape }) {
  const { layers } = tf;
  const kernelInitializer = tf.initializers.randomNormal({ stddev: 0.02 });
  const slope = () => layers.leakyReLU({ alpha: 0.2 });
  const [first, ...others] = widthsOf(imageShape);
  return tf.sequential({
    layers: [
      layers.conv2d({ ...strided, filters: first, kernelInitializer, inputShape: imageShape }),
      slope(),
      ...others.flatMap((filters) => [
        layers.conv2d({ ...strided, filters, useBias: false, kernelInitializer }),
        layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
        slope(),
      ]),
      layers.flatten(),
      layers.dense({ units: 1, kernelInitializer }),
    ],
  });
}
