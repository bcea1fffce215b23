// The kinds of modules that `ganglion init` writes: networks, losses, and the flags that go with them.

export type VariantName = "plain" | "conditional" | "hinge" | "wgan-gp";

export interface Variant {
  readonly name: VariantName;
  /** For the help. */
  readonly description: string;
  /** Flags of `ganglion train` without which this loss does not learn well. */
  readonly trainFlags: string;
  /** What the file says of itself. */
  readonly about: string;
  /** TypeScript, without imports. */
  readonly networks: string;
  readonly losses?: string;
}

const GENERATOR = `/** Noise [B, latentSize] becomes images [B, height, width, channels] with pixels in -1 … 1. */
export function generator({ tf, imageShape, latentSize }: ModelContext) {
  const [height, width, channels] = imageShape;
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)]; // doubled twice below
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: rows * columns * 64, useBias: false, inputShape: [latentSize] }),
      tf.layers.batchNormalization({ momentum: 0.9 }),
      tf.layers.reLU(),
      tf.layers.reshape({ targetShape: [rows, columns, 64] }),
      tf.layers.conv2dTranspose({ filters: 32, kernelSize: 4, strides: 2, padding: "same", useBias: false }),
      tf.layers.batchNormalization({ momentum: 0.9 }),
      tf.layers.reLU(),
      tf.layers.conv2dTranspose({ filters: channels, kernelSize: 4, strides: 2, padding: "same", activation: "tanh" }),
      tf.layers.cropping2D({ cropping: [[0, 4 * rows - height], [0, 4 * columns - width]] }),
    ],
  });
}
`;

const DISCRIMINATOR = `/** Images become one number each: the higher, the more real. No sigmoid: that is the loss's. */
export function discriminator({ tf, imageShape }: ModelContext) {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 32, kernelSize: 4, strides: 2, padding: "same", inputShape: imageShape }),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.conv2d({ filters: 64, kernelSize: 4, strides: 2, padding: "same" }),
      tf.layers.leakyReLU({ alpha: 0.2 }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 1 }),
    ],
  });
}
`;

const CONDITIONAL = `/** Noise [B, latentSize] and labels [B, classes], one-hot, become images of those classes. */
export function generator({ tf, imageShape, latentSize, classes }: ModelContext) {
  const [height, width, channels] = imageShape;
  const [rows, columns] = [Math.ceil(height / 4), Math.ceil(width / 4)]; // doubled twice below
  const noise = tf.input({ shape: [latentSize] });
  const labels = tf.input({ shape: [classes] });
  const steps = [
    tf.layers.dense({ units: rows * columns * 64, useBias: false }),
    tf.layers.batchNormalization({ momentum: 0.9 }),
    tf.layers.reLU(),
    tf.layers.reshape({ targetShape: [rows, columns, 64] }),
    tf.layers.conv2dTranspose({ filters: 32, kernelSize: 4, strides: 2, padding: "same", useBias: false }),
    tf.layers.batchNormalization({ momentum: 0.9 }),
    tf.layers.reLU(),
    tf.layers.conv2dTranspose({ filters: channels, kernelSize: 4, strides: 2, padding: "same", activation: "tanh" }),
    tf.layers.cropping2D({ cropping: [[0, 4 * rows - height], [0, 4 * columns - width]] }),
  ];
  let images = tf.layers.concatenate().apply([noise, labels]);
  for (const layer of steps) images = layer.apply(images);
  return tf.model({ inputs: [noise, labels], outputs: images as SymbolicTensor });
}

/** Images, and the labels they should have, become one number each: the higher, the more real. */
export function discriminator({ tf, imageShape, classes }: ModelContext) {
  const [height, width] = imageShape;
  const images = tf.input({ shape: imageShape });
  const labels = tf.input({ shape: [classes] });
  // The label as one more channel: a picture of its own for each class, which is learned.
  const plane = tf.layers.dense({ units: height * width }).apply(labels);
  const channel = tf.layers.reshape({ targetShape: [height, width, 1] }).apply(plane) as SymbolicTensor;
  const steps = [
    tf.layers.conv2d({ filters: 32, kernelSize: 4, strides: 2, padding: "same" }),
    tf.layers.leakyReLU({ alpha: 0.2 }),
    tf.layers.conv2d({ filters: 64, kernelSize: 4, strides: 2, padding: "same" }),
    tf.layers.leakyReLU({ alpha: 0.2 }),
    tf.layers.flatten(),
    tf.layers.dense({ units: 1 }),
  ];
  let scores = tf.layers.concatenate().apply([images, channel]);
  for (const layer of steps) scores = layer.apply(scores);
  return tf.model({ inputs: [images, labels], outputs: scores as SymbolicTensor });
}
`;

const HINGE = `/** The hinge loss (Lim & Ye 2017): D is content with a margin of 1. B is the size of a shard. */
export function losses({ tf, generator, discriminator, samples, noise }: LossContext) {
  const real = discriminator(samples); // [B, 1]
  const fake = discriminator(generator(noise));
  return {
    discriminator: tf.sub(1, real).relu().mean().add(tf.add(1, fake).relu().mean()),
    generator: fake.mean().neg(),
    metrics: { "score/real": real.mean(), "score/fake": fake.mean() }, // curves on the dashboard
  };
}
`;

const WGAN_GP = `/** Wasserstein loss with a gradient penalty (Gulrajani et al. 2017): D's slope is held near 1. */
export function losses({ tf, generator, discriminator, samples, noise, gradients }: LossContext) {
  const made = generator(noise); // [B, height, width, channels]
  const [real, fake] = [discriminator(samples), discriminator(made)];
  const share = tf.randomUniform([samples.shape[0], 1, 1, 1]); // drawn anew in every step
  const between = samples.mul(share).add(made.mul(tf.sub(1, share)));
  const [slope] = gradients(discriminator(between).sum(), [between]);
  const length = slope.square().sum([1, 2, 3]).add(1e-12).sqrt(); // without 1e-12, √0 has no derivative
  const penalty = length.sub(1).square().mean();
  const distance = real.mean().sub(fake.mean()); // estimates how far the generator is from the data
  return {
    discriminator: distance.neg().add(penalty.mul(10)),
    generator: fake.mean().neg(),
    metrics: { distance, penalty }, // curves on the dashboard
  };
}
`;

const UNCONDITIONAL = `${GENERATOR}\n${DISCRIMINATOR}`;

export const VARIANTS: readonly Variant[] = [
  {
    name: "plain",
    description: "convolutions and the usual loss (the default)",
    trainFlags: "",
    about: "a small DCGAN (Radford et al. 2016) with the usual, non-saturating loss",
    networks: UNCONDITIONAL,
  },
  {
    name: "conditional",
    description: "both networks are given the labels: for data with classes",
    trainFlags: "",
    about: "a conditional GAN (Mirza & Osindero 2014): both networks are given the labels",
    networks: CONDITIONAL,
  },
  {
    name: "hinge",
    description: "a loss of its own: hinge",
    trainFlags: "",
    about: "a small DCGAN with the hinge loss",
    networks: UNCONDITIONAL,
    losses: HINGE,
  },
  {
    name: "wgan-gp",
    description: "Wasserstein loss with a gradient penalty, five rounds of D a step",
    trainFlags: "--schedule alternating --discriminator-rounds 5 --learning-rate 1e-4 --beta1 0 --beta2 0.9",
    about: "a Wasserstein GAN with a gradient penalty",
    networks: UNCONDITIONAL,
    losses: WGAN_GP,
  },
];
