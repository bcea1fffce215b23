// A stranger's conditional GAN (Mirza & Osindero 2014): labels go into both networks, D has two outputs.
const embedded = (tf, labels, units) => {
  const { layers } = tf;
  class ClassOf extends layers.Layer {
    static className = "ClassOf";
    computeOutputShape([batch]) {
      return [batch, 1];
    }
    call(inputs) {
      return tf.expandDims(tf.cast(tf.argMax(Array.isArray(inputs) ? inputs[0] : inputs, -1), "float32"), 1);
    }
  }
  const index = new ClassOf({}).apply(labels); // [B, 1]
  const table = layers.embedding({ inputDim: labels.shape[1], outputDim: units, inputLength: 1 });
  return layers.flatten().apply(table.apply(index));
};

export function generator({ tf, imageShape, latentSize, classes }) {
  const { layers } = tf;
  const [z, labels] = [tf.input({ shape: [latentSize] }), tf.input({ shape: [classes] })];
  const both = layers.concatenate().apply([z, embedded(tf, labels, 3)]);
  const hidden = layers.dense({ units: 8, activation: "softplus" }).apply(both);
  const pixels = imageShape.reduce((product, size) => product * size, 1);
  const flat = layers.dense({ units: pixels, activation: "tanh" }).apply(hidden);
  const image = layers.reshape({ targetShape: [...imageShape] }).apply(flat);
  return tf.model({ inputs: [z, labels], outputs: image });
}

export function discriminator({ tf, imageShape, classes }) {
  const { layers } = tf;
  const [image, labels] = [tf.input({ shape: [...imageShape] }), tf.input({ shape: [classes] })];
  const features = layers.conv2d({ filters: 3, kernelSize: 2, strides: 2, padding: "same" }).apply(image);
  const patches = layers
    .conv2d({ filters: 1, kernelSize: 1 })
    .apply(layers.activation({ activation: "swish" }).apply(features));
  const flat = layers.concatenate().apply([layers.flatten().apply(features), embedded(tf, labels, 2)]);
  return tf.model({ inputs: [image, labels], outputs: [layers.dense({ units: 1 }).apply(flat), patches] });
}
