// A module that mixes every layer of the context's `layers` with those of tf.layers.
export function generator({ tf, layers, initializers, imageShape, latentSize, classes }) {
  const [height, width, channels] = imageShape;
  const noise = tf.input({ shape: [latentSize] });
  const labels = tf.input({ shape: [classes] });
  const mapped = layers.equalized({ layer: tf.layers.dense({ units: 8 }), rateMultiplier: 0.5 });
  let x = mapped.apply(layers.pixelNorm().apply(noise));
  x = layers.learnedBasis({ size: [Math.ceil(height / 2), Math.ceil(width / 2)], channels: 8 }).apply(x);
  x = layers.conditionalBatchNorm({ momentum: 0.9 }).apply([x, labels]);
  x = tf.layers.reLU().apply(x);
  x = layers.selfAttention({ spectralNorm: true }).apply(x);
  x = tf.layers.conv2dTranspose({
    filters: channels, kernelSize: 4, strides: 2, padding: "same", activation: "tanh",
    kernelInitializer: initializers.orthogonal({ gain: 0.8 }),
  }).apply(x); // prettier-ignore
  x = tf.layers
    .cropping2D({
      cropping: [
        [0, height % 2],
        [0, width % 2],
      ],
    })
    .apply(x);
  return tf.model({ inputs: [noise, labels], outputs: x });
}

export function discriminator({ tf, layers, initializers, imageShape, classes }) {
  const images = tf.input({ shape: imageShape });
  const labels = tf.input({ shape: [classes] });
  const convolution = tf.layers.conv2d({
    filters: 4, kernelSize: 3, strides: 2, padding: "same", kernelInitializer: initializers.orthogonal(),
    kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
  }); // prettier-ignore
  let x = layers.spectralNorm({ layer: convolution }).apply(images);
  x = tf.layers.leakyReLU({ alpha: 0.2 }).apply(x);
  x = layers.minibatchStdDev({ groupSize: 2 }).apply(x);
  x = layers.equalized({ layer: tf.layers.conv2d({ filters: 6, kernelSize: 2, padding: "same" }) }).apply(x);
  x = layers.firResample({ direction: "up", taps: [1, 2, 1] }).apply(x);
  x = layers
    .spectralNorm({ layer: layers.groupedConv2d({ filters: 6, kernelSize: 3, groups: 3, padding: "same" }) })
    .apply(x);
  x = tf.layers.globalAveragePooling2d({ dataFormat: "channelsLast" }).apply(x);
  x = layers.projection({ spectralNorm: true }).apply([x, labels]);
  return tf.model({ inputs: [images, labels], outputs: x });
}
