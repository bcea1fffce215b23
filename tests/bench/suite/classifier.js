// A small classifier with batch normalization, as many tutorials have it for CIFAR-10 (after VGG, Simonyan & Zisserman 2015).
export function classifier({ tf, imageShape, classes }) {
  const { layers } = tf;
  const block = (filters, first = {}) => [
    ...[first, {}].flatMap((more) => [
      layers.conv2d({ filters, kernelSize: 3, padding: "same", useBias: false, ...more }),
      layers.batchNormalization({ momentum: 0.9, epsilon: 1e-5 }),
      layers.reLU(),
    ]),
    layers.maxPooling2d({ poolSize: 2, strides: 2 }),
  ];
  return tf.sequential({
    layers: [
      ...block(32, { inputShape: imageShape }),
      ...block(64),
      ...block(128),
      layers.flatten(),
      layers.dense({ units: 128, activation: "relu" }),
      layers.dense({ units: classes, activation: "softmax" }),
    ],
  });
}
