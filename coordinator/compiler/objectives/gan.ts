// What the networks of a GAN minimize: an adversarial loss on D's outputs, regularizers, an auxiliary classifier's part.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { RunConfig } from "../../../shared/config/config.ts";
import { type AdversarialLoss, USUAL_LOSS, lossOf } from "../../../shared/config/objectives/losses.ts";
import type { RegularizerName } from "../../../shared/config/objectives/regularizers.ts";
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { type LossContext, tensorflow } from "../models/users/model-context.ts";
import { type Augmentation, createAugmentation } from "./augment/augmentation.ts";
import { type Judgement, createJudge } from "./judge.ts";
import type { Objective } from "./objective.ts";
import type { ObjectiveState } from "./objective-state.ts";
import { withNoise } from "./regularizers/instance-noise.ts";
import type { RegularizerContext } from "./regularizers/regularizer.ts";
import { topKLoss } from "./top-k.ts";
import { type UsedRegularizer, usedRegularizers } from "./regularizers/regularizers.ts";

export interface GanSetting extends Pick<LossContext, "samples" | "labels" | "noise" | "gradients"> {
  readonly config: RunConfig;
  readonly generator: LayersModel;
  readonly discriminator: LayersModel;
  readonly state: ObjectiveState;
  /** A scheduled number of the config by its path: itself, or a scalar that follows the images. */
  readonly number: (path: string) => number | tf.Scalar;
}

/** The losses of both networks with what regularizes them in each step, and metrics of D's outputs. */
export function ganObjective(setting: GanSetting): Objective {
  const { config, labels } = setting;
  const loss = lossOf(config.loss ?? USUAL_LOSS);
  const played = play(setting);
  const { fake: _first, real, faked } = played; // G before D, as earlier versions: the order of calls is part of a fingerprint
  const penalties: Record<NetworkName, Record<string, tf.Tensor>> = {
    discriminator: {},
    generator: {},
    classifier: {},
  };
  const pairs = real.logits.map((logits, i) => [logits, faked.logits[i]] as const);
  const targets = config.regularizers.labelSmoothing;
  const losses: Record<"discriminator" | "generator", tf.Tensor> = {
    discriminator: mean(pairs.map(([x, fake]) => loss.discriminator(tf, x, fake, targets))),
    generator: generatorLoss(setting, loss, pairs, faked),
  };
  const metrics: Record<string, tf.Tensor> = scores(loss, played);
  const { classWeight } = config.conditioning;
  if (real.classes && faked.classes) {
    const [ofReal, ofFake] = [real.classes, faked.classes].map((logits) => crossEntropy(labels!, logits));
    const both = tf.mul(classWeight * halving(loss), tf.add(ofReal, ofFake));
    losses.discriminator = tf.add(losses.discriminator, both);
    losses.generator = tf.add(losses.generator, tf.mul(classWeight, ofFake));
    Object.assign(metrics, { "classes/real": ofReal, "classes/fake": ofFake });
  }
  Object.assign(metrics, played.augmentation.observe(real.logits));
  for (const used of usedRegularizers(config).filter(({ every }) => every === 1)) {
    const { network } = used.regularizer;
    const penalty = penaltyOf(setting, played, used, loss);
    losses[network] = tf.add(losses[network], penalty);
    penalties[network][`penalty/${used.name}`] = penalty;
  }
  return { losses, metrics, own: penalties };
}

function generatorLoss(
  { config, number }: GanSetting,
  loss: AdversarialLoss,
  pairs: readonly (readonly [tf.Tensor, tf.Tensor])[],
  { logits }: Judgement,
): tf.Tensor {
  const { perFake } = loss;
  if (config.topK === 1 || !perFake) return mean(pairs.map(([x, fake]) => loss.generator(tf, x, fake)));
  return topKLoss({ logits, perFake: (fake) => perFake(tf, fake), part: number("topK") });
}

/** A regularizer by itself that has a round in every k-th step only, where it counts k times as much (Karras et al. 2020). */
export function lazyObjective(setting: GanSetting, name: RegularizerName): Objective {
  const { config } = setting;
  const used = usedRegularizers(config).find((one) => one.name === name)!;
  const penalty = penaltyOf(setting, play(setting), used, lossOf(config.loss ?? USUAL_LOSS));
  const network: NetworkName = used.regularizer.network;
  return {
    losses: { [network]: tf.mul(penalty, used.every) },
    metrics: { [`penalty/${name}`]: penalty },
  };
}

/** What a step of the game is: images made, and judged; each when it is first asked for, since a lazy phase may need less. */
interface Played extends Pick<RegularizerContext, "fake" | "generate" | "judge" | "real" | "faked"> {
  readonly augmentation: Augmentation;
}

function play(setting: GanSetting): Played {
  const { generator, discriminator, samples, labels, noise } = setting;
  const generate = (z: tf.Tensor): tf.Tensor => {
    const given = generator.inputs.length > 1 ? [z, labels!] : z;
    const [images] = [generator.apply(given, { training: true }) as tf.Tensor | tf.Tensor[]].flat();
    return images; // [B, H, W, C]
  };
  const classes = labels?.shape[1] ?? 0;
  const augmentation = createAugmentation({ ...setting, tf: tensorflow() });
  const prepare = (images: tf.Tensor): tf.Tensor => withInstanceNoise(setting, augmentation.augment(images));
  const judge = createJudge({ discriminator, labels, classes, prepare });
  const fake = once(() => generate(noise));
  const real = once(() => judge(samples));
  const faked = once(() => judge(fake()));
  return {
    augmentation,
    generate,
    judge,
    get fake() {
      return fake();
    },
    get real() {
      return real();
    },
    get faked() {
      return faked();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

function withInstanceNoise({ config, number }: GanSetting, images: tf.Tensor): tf.Tensor {
  if (!config.regularizers.instanceNoise) return images;
  return withNoise(tensorflow(), images, number("regularizers.instanceNoise.stddev"));
}

function penaltyOf(
  setting: GanSetting,
  played: Played,
  { name, regularizer, config }: UsedRegularizer,
  loss: AdversarialLoss,
): tf.Tensor {
  const { samples, labels, noise, gradients, state, number } = setting;
  const penalty = regularizer.penalty(
    {
      generate: played.generate,
      judge: played.judge,
      get fake() {
        return played.fake;
      },
      get real() {
        return played.real;
      },
      get faked() {
        return played.faked;
      },
      tf: tensorflow(),
      logitsOf: (images) => played.judge(images).logits,
      samples,
      noise,
      ...(labels && { labels }),
      gradients,
      number: (field) => number(`regularizers.${name}.${field}`),
      state: {
        read: (own) => state.read(`${name}/${own}`),
        write: (own, value) => state.write(`${name}/${own}`, value),
      },
    },
    config,
  );
  const halved = regularizer.network === "discriminator" ? halving(loss) : 1;
  return halved === 1 ? penalty : tf.mul(penalty, halved);
}

function halving({ halved = false }: AdversarialLoss): number {
  return halved ? 0.5 : 1;
}

/** How real D finds the images: probabilities where they are such, else its outputs as they are. */
function scores(
  { isProbability = false }: AdversarialLoss,
  { real, faked }: Played,
): Record<string, tf.Tensor> {
  const average = ({ logits }: Judgement): tf.Tensor =>
    mean(logits.map((output) => tf.mean(isProbability ? tf.sigmoid(output) : output)));
  const name = isProbability ? "score" : "logit";
  return { [`${name}/real`]: average(real), [`${name}/fake`]: average(faked) };
}

/** −Σ label · log softmax(logits), averaged over the batch. */
function crossEntropy(labels: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), -1)));
}

function mean(scalars: tf.Tensor[]): tf.Tensor {
  return scalars.length === 1 ? scalars[0] : tf.div(tf.addN(scalars), scalars.length);
}
