// A run that diverges after a few steps, the same way every time: a critic without bounds at a rate that is too high.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes networks and data into a folder, and returns the flags of a run that diverges after some hundred steps. */
export async function divergingRun(folder: string): Promise<string[]> {
  const data = join(folder, "data");
  await mkdir(data);
  const bytes = Buffer.alloc(16 + 64 * 16);
  [0x803, 64, 4, 4].forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  for (let i = 0; i < 64 * 16; i++) bytes[16 + i] = (i % 16 < 8 ? 200 : 40) + ((i * 7919) % 40); // bright above
  await writeFile(join(data, "train-images-idx3-ubyte"), bytes);
  const model = join(folder, "networks.mjs");
  await writeFile(model, NETWORKS);
  const size = ["--batch", "32", "--shard", "16", "--steps", "2000"];
  const optimizer = ["--optimizer", "sgd", "--learning-rate", "0.01"];
  return ["--data", data, "--model", model, ...size, ...optimizer];
}

/** Source text: three layers without activations, which the generator pulls up and the discriminator's loss pulls down. */
export const CRITIC = `
export function discriminator({ tf, imageShape }) {
  const { layers } = tf;
  const dense = (units) => layers.dense({ units });
  return tf.sequential({ layers: [layers.flatten({ inputShape: [...imageShape] }), dense(16), dense(16), dense(1)] });
}
export function losses({ tf, generator, discriminator, samples, noise }) {
  const real = tf.mean(discriminator(samples));
  const fake = tf.mean(discriminator(generator(noise)));
  return { discriminator: tf.sub(fake, real), generator: tf.neg(fake) };
}
`;

const NETWORKS = `
export function generator({ tf, imageShape, latentSize }) {
  const { layers } = tf;
  return tf.sequential({
    layers: [layers.dense({ units: 16, activation: "tanh", inputShape: [latentSize] }), layers.reshape({ targetShape: [...imageShape] })],
  });
}
${CRITIC}`;
