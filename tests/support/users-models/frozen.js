// A GAN whose discriminator begins with features that are not trained.
export function generator({ tf, imageShape: [height, width, channels], latentSize }) {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: height * width * channels, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [height, width, channels] }),
    ],
  });
}

export function discriminator({ tf, imageShape }) {
  const features = { filters: 3, kernelSize: 3, padding: "same", inputShape: [...imageShape] };
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ ...features, trainable: false, name: "features" }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1 }),
    ],
  });
}
