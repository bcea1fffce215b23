// A conditional GAN with a layer of its own, random numbers at inference and a name that tfjs cannot read back, as a module.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const MODULE = `
export function generator({ tf, imageShape, latentSize, classes }) {
  class Gain extends tf.layers.Layer {
    static className = "Gain";
    constructor(config) { super(config); this.factor = config.factor; }
    getConfig() { return { ...super.getConfig(), factor: this.factor }; }
    call(inputs) { return tf.mul([inputs].flat()[0], this.factor); }
  }
  const { layers } = tf;
  const [z, labels] = [tf.input({ shape: [latentSize] }), tf.input({ shape: [classes] })];
  let x = layers.dense({ units: 16, activation: "LeakyReLU" }).apply(layers.concatenate().apply([z, labels]));
  x = new Gain({ factor: 1.5 }).apply(layers.batchNormalization({ momentum: 0.5 }).apply(x));
  x = layers.reshape({ targetShape: [2, 2, 4] }).apply(x);
  x = layers.conv2dTranspose({ filters: 3, kernelSize: 4, strides: 2, padding: "same", activation: "tanh" }).apply(x);
  return tf.model({ inputs: [z, labels], outputs: x });
}
export function discriminator({ tf, imageShape, classes }) {
  const { layers } = tf;
  const [x, labels] = [tf.input({ shape: imageShape }), tf.input({ shape: [classes] })];
  let y = layers.leakyReLU().apply(layers.conv2d({ filters: 4, kernelSize: 3, strides: 2, padding: "same" }).apply(x));
  y = layers.dropout({ rate: 0.3 }).apply(layers.concatenate().apply([layers.flatten().apply(y), labels]));
  return tf.model({ inputs: [x, labels], outputs: layers.dense({ units: 1, activation: "sigmoid" }).apply(y) });
}
`;

/** Images of [4, 4, 3]. Returns the module's path. */
export async function writeConditionalGan(folder: string): Promise<string> {
  const file = join(folder, "conditional-gan.mjs");
  await writeFile(file, MODULE);
  return file;
}
