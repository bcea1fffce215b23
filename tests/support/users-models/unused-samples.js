// A GAN whose losses never look at the samples.
export function generator({ tf, imageShape: [height, width, channels], latentSize }) {
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: height * width * channels, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [height, width, channels] }),
    ],
  });
}

export function discriminator({ tf, imageShape }) {
  return tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [...imageShape] }), tf.layers.dense({ units: 1 })],
  });
}

export function losses({ tf, noise, ...networks }) {
  const score = tf.mean(tf.square(networks.discriminator(networks.generator(noise))));
  return { discriminator: score, generator: tf.neg(score) };
}
