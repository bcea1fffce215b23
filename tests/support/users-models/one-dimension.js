// A stranger's GAN for rows of pixels: one-dimensional convolutions, Gaussian noise, a least-squares loss.
export function generator({ tf, imageShape, latentSize }) {
  const [height, width, channels] = imageShape;
  return tf.sequential({
    layers: [
      tf.layers.repeatVector({ n: height * width, inputShape: [latentSize] }),
      tf.layers.conv1d({ filters: 4, kernelSize: 3, padding: "same", activation: "softsign" }),
      tf.layers.conv1d({ filters: channels, kernelSize: 1, activation: "tanh" }),
      tf.layers.reshape({ targetShape: [height, width, channels] }),
    ],
  });
}

export function discriminator({ tf, imageShape }) {
  const [height, width, channels] = imageShape;
  return tf.sequential({
    layers: [
      tf.layers.gaussianNoise({ stddev: 0.1, inputShape: [...imageShape] }),
      tf.layers.reshape({ targetShape: [height * width, channels] }),
      tf.layers.conv1d({ filters: 3, kernelSize: 2, padding: "same", activation: "hardSigmoid" }),
      tf.layers.globalMaxPooling1d({}),
      tf.layers.dense({ units: 2 }),
    ],
  });
}

/** Mao et al. 2017, with two scores for each image. */
export function losses({ tf, generator: draw, discriminator: judge, samples, noise }) {
  const [real, fake] = [judge(samples), judge(draw(noise))];
  return {
    discriminator: tf.add(tf.mean(tf.square(tf.sub(real, 1))), tf.mean(tf.square(fake))),
    generator: tf.losses.meanSquaredError(tf.onesLike(fake), fake),
  };
}
