// A stranger's plain GAN: dilated convolutions and dropout in D, layer normalization and nearest up-sampling in G.
export function generator({ tf, imageShape: [height, width, channels], latentSize }) {
  const { layers } = tf;
  const [h, w] = [Math.ceil(height / 2), Math.ceil(width / 2)];
  return tf.sequential({
    layers: [
      layers.dense({ units: h * w * 3, inputShape: [latentSize] }),
      layers.layerNormalization({ axis: -1 }),
      layers.reshape({ targetShape: [h, w, 3] }),
      layers.upSampling2d({ size: [2, 2] }),
      layers.cropping2D({
        cropping: [
          [0, 2 * h - height],
          [2 * w - width, 0],
        ],
      }),
      layers.conv2d({ filters: channels, kernelSize: [3, 2], padding: "same", activation: "sigmoid" }),
    ],
  });
}

export function discriminator({ tf, imageShape }) {
  const { layers } = tf;
  return tf.sequential({
    layers: [
      layers.conv2d({
        filters: 4,
        kernelSize: 3,
        dilationRate: 2,
        padding: "same",
        inputShape: [...imageShape],
      }),
      layers.leakyReLU({ alpha: 0.1 }),
      layers.dropout({ rate: 0.3 }),
      layers.conv2d({ filters: 5, kernelSize: 3, dilationRate: [3, 2], padding: "same" }),
      layers.prelu(),
      layers.maxPooling2d({ poolSize: 3, strides: 2, padding: "same" }),
      layers.flatten(),
      layers.dropout({ rate: 0.5, seed: 1 }),
      layers.dense({ units: 1, activation: "sigmoid" }), // trained on the logits before it
    ],
  });
}
