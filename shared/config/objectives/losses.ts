// The adversarial losses, one entry each: a new one is an entry here, and --loss, --help, config and docs have it.
//
// Every entry is on logits, of D's unbounded output for real and for generated images, [B, 1] or [B, h, w, 1] for patches.
// tfjs is an argument: the command line reads this table for its names alone, and loads no tfjs.
import type * as tfjs from "@tensorflow/tfjs-core";

type Tf = Omit<typeof tfjs, "default">;
type Tensor = tfjs.Tensor;

/** What D is to say: of real images 1, of generated ones 0, or less sharply (label smoothing). */
export interface Targets {
  readonly real: number;
  readonly fake: number;
}

export interface AdversarialLoss {
  /** For --help: a line. */
  readonly help: string;
  /** As docs and --dry-run print it; x̂ is G(z), σ⁺ is softplus, σ⁺(a) = log(1 + eᵃ). */
  readonly formula: { readonly discriminator: string; readonly generator: string };
  /**
   * What D minimizes. With `halved`, the mean of its two halves and not their sum: regularizers of D are then halved too,
   * so that their weights mean what they mean in their papers.
   */
  readonly discriminator: (tf: Tf, real: Tensor, fake: Tensor, targets?: Targets) => Tensor;
  readonly generator: (tf: Tf, real: Tensor, fake: Tensor) => Tensor;
  readonly halved?: boolean;
  /** σ(logit) is the probability that an image is real; else D's outputs are scores of any size. */
  readonly isProbability?: boolean;
  /** D's output for an image that is as likely real as generated; absent where only differences of outputs mean something. */
  readonly boundary?: number;
  /** Whether it has targets that label smoothing can move. */
  readonly hasTargets?: boolean;
  /** It is one only where D is kept from growing steeper for ever: by a gradient penalty, clipped weights, spectral norms. */
  readonly needsLipschitz?: boolean;
  /** The loss of each sample for G, which top-k chooses from; absent where samples are compared with one another. */
  readonly perFake?: (tf: Tf, fake: Tensor) => Tensor;
}

const LOSSES = {
  "non-saturating": {
    help: "cross-entropy; G maximizes log D(G(z)) (Goodfellow et al. 2014)",
    formula: { discriminator: "½·mean σ⁺(−D(x)) + ½·mean σ⁺(D(x̂))", generator: "mean σ⁺(−D(x̂))" },
    discriminator: crossEntropy,
    generator: (tf, _, fake) => tf.mean(tf.softplus(tf.neg(fake))),
    perFake: (tf, fake) => tf.softplus(tf.neg(fake)),
    halved: true,
    isProbability: true,
    boundary: 0,
    hasTargets: true,
  },
  minimax: {
    help: "cross-entropy; G minimizes log(1 − D(G(z))), which fades where D is sure (Goodfellow et al. 2014)",
    formula: { discriminator: "½·mean σ⁺(−D(x)) + ½·mean σ⁺(D(x̂))", generator: "−mean σ⁺(D(x̂))" },
    discriminator: crossEntropy,
    generator: (tf, _, fake) => tf.neg(tf.mean(tf.softplus(fake))),
    perFake: (tf, fake) => tf.neg(tf.softplus(fake)),
    halved: true,
    isProbability: true,
    boundary: 0,
    hasTargets: true,
  },
  "least-squares": {
    help: "squared distance of D's output to 1 and 0 (LSGAN, Mao et al. 2017)",
    formula: { discriminator: "½·mean (D(x) − 1)² + ½·mean D(x̂)²", generator: "½·mean (D(x̂) − 1)²" },
    discriminator: (tf, real, fake, targets = { real: 1, fake: 0 }) =>
      tf.mul(
        0.5,
        tf.add(
          tf.mean(tf.square(tf.sub(real, targets.real))),
          tf.mean(tf.square(tf.sub(fake, targets.fake))),
        ),
      ),
    generator: (tf, _, fake) => tf.mul(0.5, tf.mean(tf.square(tf.sub(fake, 1)))),
    perFake: (tf, fake) => tf.mul(0.5, tf.square(tf.sub(fake, 1))),
    boundary: 0.5,
    hasTargets: true,
  },
  hinge: {
    help: "D stops where it is right by a margin of 1 (Lim & Ye 2017; SNGAN, SAGAN, BigGAN)",
    formula: { discriminator: "mean max(0, 1 − D(x)) + mean max(0, 1 + D(x̂))", generator: "−mean D(x̂)" },
    discriminator: (tf, real, fake) =>
      tf.add(tf.mean(tf.relu(tf.sub(1, real))), tf.mean(tf.relu(tf.add(1, fake)))),
    generator: (tf, _, fake) => tf.neg(tf.mean(fake)),
    perFake: (tf, fake) => tf.neg(fake),
    boundary: 0,
  },
  wasserstein: {
    help: "D is a critic; add --gradient-penalty 10 or --weight-clip 0.01 (WGAN, Arjovsky et al. 2017)",
    formula: { discriminator: "mean D(x̂) − mean D(x)", generator: "−mean D(x̂)" },
    discriminator: (tf, real, fake) => tf.sub(tf.mean(fake), tf.mean(real)),
    generator: (tf, _, fake) => tf.neg(tf.mean(fake)),
    perFake: (tf, fake) => tf.neg(fake),
    needsLipschitz: true,
  },
  "relativistic-average": {
    help: "how much more real than the other kind's mean (RaSGAN, Jolicoeur-Martineau 2018)",
    formula: {
      discriminator: "mean σ⁺(−(D(x) − mean D(x̂))) + mean σ⁺(D(x̂) − mean D(x))",
      generator: "mean σ⁺(−(D(x̂) − mean D(x))) + mean σ⁺(D(x) − mean D(x̂))",
    },
    discriminator: relativisticAverage,
    generator: (tf, real, fake) => relativisticAverage(tf, fake, real),
  },
  "relativistic-pairing": {
    help: "real against generated, pair by pair; with --r1 and --r2 it converges (R3GAN, Huang et al. 2024)",
    formula: { discriminator: "mean σ⁺(−(D(x) − D(x̂)))", generator: "mean σ⁺(−(D(x̂) − D(x)))" },
    discriminator: (tf, real, fake) => tf.mean(tf.softplus(tf.neg(tf.sub(real, fake)))),
    generator: (tf, real, fake) => tf.mean(tf.softplus(tf.neg(tf.sub(fake, real)))),
  },
} as const satisfies Record<string, AdversarialLoss>;

export type LossName = keyof typeof LOSSES;

export const LOSS_NAMES = Object.keys(LOSSES) as readonly LossName[];

/** Of a run that names none. */
export const USUAL_LOSS: LossName = "non-saturating";

export function lossOf(name: LossName): AdversarialLoss {
  return LOSSES[name];
}

/** Cross-entropy of D (Goodfellow et al. 2014, eq. 1): the mean of its real and fake halves. */
function crossEntropy(tf: Tf, real: Tensor, fake: Tensor, targets?: Targets): Tensor {
  if (!targets) return tf.mul(0.5, tf.add(tf.mean(tf.softplus(tf.neg(real))), tf.mean(tf.softplus(fake))));
  return tf.mul(0.5, tf.add(towards(tf, real, targets.real), towards(tf, fake, targets.fake)));
}

/** mean(t·σ⁺(−x) + (1 − t)·σ⁺(x)): cross-entropy to the target t. */
function towards(tf: Tf, logits: Tensor, target: number): Tensor {
  const isReal = tf.mul(target, tf.softplus(tf.neg(logits)));
  return tf.mean(tf.add(isReal, tf.mul(1 - target, tf.softplus(logits))));
}

/** `more` is to be more real than `less` on average, and the other way round. */
function relativisticAverage(tf: Tf, more: Tensor, less: Tensor): Tensor {
  const up = tf.softplus(tf.neg(tf.sub(more, tf.mean(less))));
  const down = tf.softplus(tf.sub(less, tf.mean(more)));
  return tf.add(tf.mean(up), tf.mean(down));
}
