// Small networks drawn from a seed: any layers in any order, odd sizes, merges, shared layers, chance, penalties.
import type { LayersModel, SymbolicTensor, layers } from "@tensorflow/tfjs-layers";
import type { Losses, Tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";
import { type Stream, stream } from "../../shared/random/random.ts";

export interface RandomModel {
  readonly imageShape: readonly [number, number, number];
  readonly latentSize: number;
  readonly shard: number;
  readonly build: (tf: Tensorflow) => {
    readonly generator: LayersModel;
    readonly discriminator: LayersModel;
  };
  /** Absent: binary cross-entropy, the program's own. */
  readonly losses?: Losses;
  /** The same losses, written with the tfjs of the context alone; null where they have gradients inside. */
  readonly plainLosses: Losses | null;
  /** Something in the model, once it is built, whose gradient eager tfjs refuses or has wrong; null where it has all. */
  readonly eagerLacks: () => string | null;
  /**
   * Whether the maximum of an image is taken: where a dead channel makes all of it equal, tfjs sends the whole gradient
   * to every pixel, and that is no slope.
   */
  readonly mayTie: () => boolean;
  /** What was drawn, for the message of a test that fails. */
  readonly description: () => string;
}

/** The same for the same seed, down to the initial weights when Math.random is seeded too. */
export function randomModel(seed: number): RandomModel {
  const random = stream(seed, "model");
  const imageShape = [3 + random.integer(5), 3 + random.integer(5), 1 + random.integer(3)] as const;
  const latentSize = 2 + random.integer(4);
  const loss = one(random, LOSSES);
  const lacks: string[] = loss.penalized ? ["gradients of gradients"] : [];
  const said: string[] = [`${imageShape.join("×")}, Z ${latentSize}, loss ${loss.name}`];
  return {
    imageShape,
    latentSize,
    shard: 2 + random.integer(3),
    build: (tf) => {
      const drawing = new Drawing(tf, stream(seed, "layers"), { said, lacks });
      return {
        generator: drawing.generator(imageShape, latentSize),
        discriminator: drawing.discriminator(imageShape),
      };
    },
    ...(loss.losses && { losses: loss.losses }),
    plainLosses: loss.penalized ? null : (loss.losses ?? crossEntropy),
    eagerLacks: () => lacks[0] ?? null,
    mayTie: () => said.includes("GlobalMaxPooling2D"),
    description: () => said.join("; "),
  };
}

type Layer = layers.Layer;
type Image = SymbolicTensor; // [B, H, W, C]

const ACTIVATIONS = ["relu", "elu", "selu", "tanh", "sigmoid", "softplus", "softsign", "swish", "mish", "linear", "relu6"] as const; // prettier-ignore

class Drawing {
  readonly #tf: Tensorflow;
  readonly #random: Stream;
  readonly #notes: { readonly said: string[]; readonly lacks: string[] };

  constructor(tf: Tensorflow, random: Stream, notes: { readonly said: string[]; readonly lacks: string[] }) {
    this.#tf = tf;
    this.#random = random;
    this.#notes = notes;
  }

  generator(imageShape: readonly number[], latentSize: number): LayersModel {
    const { layers: all } = this.#tf;
    const noise = this.#tf.input({ shape: [latentSize] });
    const start = [1 + this.#random.integer(3), 1 + this.#random.integer(3), 1 + this.#random.integer(4)];
    const pixels = start[0] * start[1] * start[2];
    let x = this.#apply(all.dense({ units: pixels, activation: this.#activation() }), noise);
    x = this.#apply(all.reshape({ targetShape: start }), x);
    x = this.#blocks(x);
    const flat = this.#apply(all.flatten(), x);
    const units = imageShape.reduce((product, size) => product * size, 1);
    const made = this.#apply(all.dense({ units, activation: "tanh" }), flat);
    const images = this.#apply(all.reshape({ targetShape: [...imageShape] }), made);
    return this.#tf.model({ inputs: noise, outputs: images });
  }

  discriminator(imageShape: readonly number[]): LayersModel {
    const { layers: all } = this.#tf;
    const images = this.#tf.input({ shape: [...imageShape] });
    const x = this.#blocks(images);
    const ends: (() => Layer)[] = [
      () => all.flatten(),
      () => all.globalAveragePooling2d({ dataFormat: "channelsLast" }),
      () => all.globalMaxPooling2d({ dataFormat: "channelsLast" }),
    ];
    let flat = this.#apply(one(this.#random, ends)(), x);
    if (this.#random.integer(3) === 0) flat = this.#vectors(flat);
    return this.#tf.model({ inputs: images, outputs: this.#apply(all.dense({ units: 1 }), flat) });
  }

  /** One to four layers or small groups of them. */
  #blocks(start: Image): Image {
    let x = start;
    for (let n = 1 + this.#random.integer(4); n > 0; n--) x = this.#block(x);
    return x;
  }

  #block(x: Image): Image {
    const choices = [
      () => this.#apply(this.#convolution(x), x),
      () => this.#apply(this.#convolution(x), x),
      () => this.#apply(this.#pooling(x), x),
      () => this.#apply(this.#upSampling(x), x),
      () => this.#normalized(x),
      () => this.#apply(this.#activationLayer(), x),
      () => this.#apply(this.#chance(), x),
      () => this.#apply(this.#edge(x), x),
      () => this.#merged(x),
      () => this.#sharedTwice(x),
    ];
    return one(this.#random, choices)();
  }

  #convolution(x: Image): Layer {
    const { layers: all, regularizers } = this.#tf;
    const [, height, width] = x.shape as number[];
    const padding = this.#random.integer(2) === 0 || Math.min(height, width) < 3 ? "same" : "valid";
    const kernelSize = [1 + this.#random.integer(3), 1 + this.#random.integer(3)] as [number, number];
    const strides = 1 + this.#random.integer(2);
    const common = {
      kernelSize,
      padding,
      activation: this.#activation(),
      useBias: this.#random.integer(3) > 0,
    } as const;
    const regularizer = this.#random.integer(4) === 0 && {
      kernelRegularizer: regularizers.l1l2({ l1: 0.01, l2: 0.02 }),
    };
    const filters = 1 + this.#random.integer(4);
    const choices = [
      () => all.conv2d({ ...common, ...regularizer, filters, strides }),
      () => {
        this.#notes.lacks.push("dilated convolutions"); // refused
        return all.conv2d({ ...common, filters, padding: "same", dilationRate: 2 });
      },
      () => all.depthwiseConv2d({ ...common, strides, depthMultiplier: 1 + this.#random.integer(2) }),
      () => all.separableConv2d({ ...common, filters, strides }),
      ...(height * width <= 36 ? [() => all.conv2dTranspose({ ...common, filters, strides })] : []),
    ];
    return one(this.#random, choices)();
  }

  #pooling(x: Image): Layer {
    const { layers: all } = this.#tf;
    const [, height, width] = x.shape as number[];
    const padding = this.#random.integer(2) === 0 || Math.min(height, width) < 3 ? "same" : "valid";
    const settings = { poolSize: 2 + this.#random.integer(2), strides: 1 + this.#random.integer(2), padding } as const; // prettier-ignore
    if (this.#random.integer(2) === 0) return all.maxPooling2d(settings);
    if (padding === "same") this.#notes.lacks.push("average pooling over edges"); // divided by the whole window
    return all.averagePooling2d(settings);
  }

  #upSampling(x: Image): Layer {
    const [, height, width] = x.shape as number[];
    if (height * width > 16) return this.#activationLayer();
    const size: [number, number] = [1 + this.#random.integer(3), 1 + this.#random.integer(2)];
    this.#notes.lacks.push("resizing in batches"); // reads dy of the wrong image, or wants square ones
    return this.#tf.layers.upSampling2d({ size, interpolation: one(this.#random, ["nearest", "bilinear"]) });
  }

  /** Not linear behind it: the mean of a normalized image is constant, so that its gradient would be rounding alone. */
  #normalized(x: Image): Image {
    const activation = this.#tf.layers.activation({
      activation: one(this.#random, ["tanh", "elu", "swish"]),
    });
    return this.#apply(activation, this.#apply(this.#normalization(x), x));
  }

  /** A batch of few pixels normalizes to ±1, and its gradient to rounding: layers are normalized there. */
  #normalization(x: Image): Layer {
    const { layers: all } = this.#tf;
    const [, height, width] = x.shape as number[];
    if (height * width >= 6 && this.#random.integer(2) === 0)
      return all.batchNormalization({ momentum: 0.8, epsilon: 1e-2 });
    return all.layerNormalization({ axis: [1, 2, 3], epsilon: 1e-2 });
  }

  #activationLayer(): Layer {
    const { layers: all } = this.#tf;
    const choices: (() => Layer)[] = [
      () => all.leakyReLU({ alpha: 0.2 }),
      () => all.elu(),
      () => all.prelu({ alphaInitializer: "randomUniform", sharedAxes: [1, 2] }),
      () => all.reLU({ maxValue: 2 }),
      () => {
        this.#notes.lacks.push("comparisons");
        return all.thresholdedReLU({ theta: 0.1 });
      },
      () => all.activation({ activation: "softmax" }),
      () => all.activation({ activation: this.#activation() }),
    ];
    return one(this.#random, choices)();
  }

  #chance(): Layer {
    const { layers: all } = this.#tf;
    const choices: (() => Layer)[] = [
      () => all.dropout({ rate: 0.3 }),
      () => all.gaussianNoise({ stddev: 0.1 }),
      () => all.gaussianDropout({ rate: 0.2 }),
      () => all.alphaDropout({ rate: 0.2 }),
    ];
    return one(this.#random, choices)();
  }

  #edge(x: Image): Layer {
    const { layers: all } = this.#tf;
    const [, height, width] = x.shape as number[];
    const choices: (() => Layer)[] = [
      () => all.zeroPadding2d({ padding: [[1, 0], [0, 2]] }),
      () => all.permute({ dims: [2, 1, 3] }),
      ...(height > 2 && width > 2 ? [() => all.cropping2D({ cropping: [[1, 0], [0, 1]] })] : []),
    ]; // prettier-ignore
    return one(this.#random, choices)();
  }

  /** A residual block: a convolution that keeps the shape, merged with what went into it. */
  #merged(x: Image): Image {
    const { layers: all } = this.#tf;
    const filters = x.shape.at(-1)!;
    const settings = { filters, kernelSize: 3, padding: "same", activation: this.#activation() } as const;
    const y = this.#apply(all.conv2d(settings), x);
    const merges: (() => Layer)[] = [
      () => all.add(),
      () => all.average(),
      () => all.multiply(),
      () => all.maximum(),
      () => all.minimum(),
      () => all.concatenate({ axis: -1 }),
    ];
    return this.#apply(one(this.#random, merges)(), [x, y]);
  }

  #sharedTwice(x: Image): Image {
    const { layers: all } = this.#tf;
    const filters = x.shape.at(-1)!;
    const shared = all.conv2d({ filters, kernelSize: 2, padding: "same", activation: "tanh" });
    return this.#apply(shared, this.#apply(shared, x));
  }

  #vectors(x: SymbolicTensor): SymbolicTensor {
    const { layers: all } = this.#tf;
    const hidden = this.#apply(all.dense({ units: 3, activation: this.#activation() }), x);
    const repeated = this.#apply(all.repeatVector({ n: 3 }), hidden); // [3, 3]: a sequence
    const convolved = this.#apply(all.conv1d({ filters: 2, kernelSize: 2, activation: "tanh" }), repeated);
    const thinned = this.#apply(all.spatialDropout1d({ rate: 0.2 }), convolved);
    return this.#apply(all.globalAveragePooling1d(), thinned);
  }

  #activation(): (typeof ACTIVATIONS)[number] {
    return one(this.#random, ACTIVATIONS);
  }

  #apply(layer: Layer, x: SymbolicTensor | SymbolicTensor[]): SymbolicTensor {
    this.#notes.said.push(layer.getClassName());
    return layer.apply(x) as SymbolicTensor;
  }
}

type Tensor = ReturnType<Tensorflow["add"]>;

const LOSSES: readonly { name: string; losses?: Losses; penalized: boolean }[] = [
  { name: "cross-entropy", penalized: false },
  { name: "least squares", losses: leastSquares, penalized: false },
  { name: "hinge", losses: hinge, penalized: false },
  { name: "Wasserstein with gradient penalty", losses: gradientPenalty, penalized: true },
  { name: "R1 and path length", losses: zeroCenteredPenalties, penalized: true },
];

/** Goodfellow et al. 2014, as `ganObjective` has it. */
function crossEntropy({
  tf,
  generator,
  discriminator,
  samples,
  noise,
}: Parameters<Losses>[0]): ReturnType<Losses> {
  const images = generator(noise);
  const real = discriminator(samples); // in this order: so the networks draw their random numbers
  const fake = discriminator(images);
  const both = tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake)));
  return { discriminator: tf.div(both, 2), generator: tf.mean(tf.softplus(tf.neg(fake))) };
}

/** Mao et al. 2017. */
function leastSquares({
  tf,
  generator,
  discriminator,
  samples,
  noise,
}: Parameters<Losses>[0]): ReturnType<Losses> {
  const fake = discriminator(generator(noise));
  const real = discriminator(samples);
  const from = (logits: Tensor, target: number): Tensor => tf.mean(tf.square(tf.sub(logits, target)));
  return { discriminator: tf.add(from(real, 1), from(fake, 0)), generator: from(fake, 1) };
}

/** Lim & Ye 2017. */
function hinge({ tf, generator, discriminator, samples, noise }: Parameters<Losses>[0]): ReturnType<Losses> {
  const fake = discriminator(generator(noise));
  const real = discriminator(samples);
  const margin = (signed: Tensor): Tensor => tf.mean(tf.relu(tf.sub(1, signed)));
  return {
    discriminator: tf.add(margin(real), margin(tf.neg(fake))),
    generator: tf.neg(tf.mean(fake)),
  };
}

/** Gulrajani et al. 2017, between real and fake images. */
function gradientPenalty(context: Parameters<Losses>[0]): ReturnType<Losses> {
  const { tf, generator, discriminator, samples, noise, gradients } = context;
  const images = generator(noise);
  const fake = discriminator(images);
  const share = tf.randomUniform([samples.shape[0], 1, 1, 1]);
  const between = tf.add(tf.mul(share, samples), tf.mul(tf.sub(1, share), images));
  const [slope] = gradients(tf.sum(discriminator(between)), [between]);
  const norm = tf.sqrt(tf.add(tf.sum(tf.square(slope), [1, 2, 3]), 1e-6));
  const penalty = tf.mean(tf.square(tf.sub(norm, 1)));
  const difference = tf.sub(tf.mean(fake), tf.mean(discriminator(samples)));
  return { discriminator: tf.add(difference, tf.mul(10, penalty)), generator: tf.neg(tf.mean(fake)) };
}

/** Mescheder et al. 2018 for D; for G the length of the images' slope in the noise (Karras et al. 2020), towards 1. */
function zeroCenteredPenalties(context: Parameters<Losses>[0]): ReturnType<Losses> {
  const { tf, generator, discriminator, samples, noise, gradients } = context;
  const real = discriminator(samples);
  const images = generator(noise);
  const fake = discriminator(images);
  const [slope] = gradients(tf.sum(real), [samples]);
  const direction = tf.randomNormal(images.shape);
  const [path] = gradients(tf.sum(tf.mul(images, direction)), [noise]);
  const length = tf.sqrt(tf.add(tf.sum(tf.square(path), 1), 1e-6));
  return {
    discriminator: tf.addN([
      tf.mean(tf.softplus(tf.neg(real))),
      tf.mean(tf.softplus(fake)),
      tf.mul(5, tf.mean(tf.sum(tf.square(slope), [1, 2, 3]))),
    ]),
    generator: tf.add(tf.mean(tf.softplus(tf.neg(fake))), tf.mean(tf.square(tf.sub(length, 1)))),
  };
}

function one<T>(random: Stream, choices: readonly T[]): T {
  return choices[random.integer(choices.length)];
}
