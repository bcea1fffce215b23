// Named combinations from the literature, at sizes that train on two cores: networks, loss, regularizers, optimizer.
//
// Each is nothing but config fields, which flags override one by one.
import { dcganDefaults } from "../dcgan-defaults.ts";
import type { Preset } from "./preset.ts";
import { sizeDefaults } from "./size-defaults.ts";

/** Images that D sees in a run where it has a round for each of G. */
const IMAGES = 1_000_000;
/** And where it has five. */
const IMAGES_OF_FIVE = 2_000_000;
/** Of R3GAN's, whose blocks take longer, and second derivatives in every step besides. */
const IMAGES_OF_R3GAN = 500_000;
const FIVE_ROUNDS = { kind: "alternating", discriminatorRounds: 5 } as const;
const epochs = (number: number) => ({ kind: "epochs", epochs: number }) as const;

const RESNET = { kind: "preset", name: "resnet" } as const;
const SNGAN = { ...RESNET, spectralNorm: "discriminator" } as const;
const SAGAN = { kind: "preset", name: "sagan" } as const;
const R3GAN = { kind: "preset", name: "r3gan" } as const;
const DCGAN = { kind: "preset", name: "dcgan" } as const;

export const COMBINATIONS: readonly Preset[] = [
  {
    name: "resnet",
    description:
      "residual networks for images of any size, non-saturating loss and R1 (Mescheder et al. 2018)",
    config: {
      preset: "resnet",
      model: { ...RESNET, filters: 32 },
      batch: 64,
      shard: 32,
      length: epochs(17),
      regularizers: { r1: { gamma: 1 } },
      optimizer: { learningRate: 1e-4, beta1: 0, beta2: 0.99 },
    },
    forData: (data) => sizeDefaults(RESNET, IMAGES, data),
  },
  {
    name: "wgan-gp",
    description: "resnet, Wasserstein loss with gradient penalty, 5 rounds of D (Gulrajani et al. 2017)",
    config: {
      preset: "wgan-gp",
      model: { ...RESNET, filters: 32 },
      batch: 64,
      shard: 32,
      length: epochs(34),
      loss: "wasserstein",
      regularizers: { gradientPenalty: { weight: 10 } },
      optimizer: { learningRate: 2e-4, beta1: 0, beta2: 0.9 },
      schedule: FIVE_ROUNDS,
    },
    forData: (data) => sizeDefaults(RESNET, IMAGES_OF_FIVE, data),
  },
  {
    name: "sngan",
    description: "resnet, hinge loss, spectral normalization of D, 5 rounds of D (Miyato et al. 2018)",
    config: {
      preset: "sngan",
      model: { ...SNGAN, filters: 32 },
      batch: 64,
      shard: 32,
      length: epochs(34),
      loss: "hinge",
      optimizer: { learningRate: 2e-4, beta1: 0, beta2: 0.9 },
      schedule: FIVE_ROUNDS,
    },
    forData: (data) => sizeDefaults(SNGAN, IMAGES_OF_FIVE, data),
  },
  {
    name: "sagan",
    description:
      "resnet with self-attention and spectral norms in both networks, hinge loss, two rates (Zhang et al. 2019)",
    config: {
      preset: "sagan",
      model: { ...SAGAN, filters: 32 },
      batch: 64,
      shard: 32,
      length: epochs(17),
      loss: "hinge",
      optimizer: { learningRate: 1e-4, beta1: 0, beta2: 0.9 },
      optimizers: { discriminator: { learningRate: 4e-4 } },
    },
    forData: (data) => sizeDefaults(SAGAN, IMAGES, data),
  },
  {
    name: "acgan",
    description:
      "dcgan by class, whose discriminator also tells the class: for data with labels (Odena et al. 2017)",
    config: {
      preset: "acgan",
      model: { ...DCGAN, filters: 64 },
      length: epochs(17),
      conditional: true,
      conditioning: { generator: "batch-norm", discriminator: "auxiliary-classifier" },
    },
    forData: dcganDefaults,
  },
  {
    name: "r3gan",
    description:
      "modern networks without normalization, relativistic loss, R1 and R2, everything on schedules (Huang et al. 2024)",
    config: {
      preset: "r3gan",
      model: { ...R3GAN, filters: 32 },
      latentSize: 64,
      batch: 64,
      shard: 32,
      length: epochs(9),
      loss: "relativistic-pairing",
      regularizers: { r1: { gamma: falling(1) }, r2: { gamma: falling(1) } },
      optimizer: {
        learningRate: { kind: "cosine", from: 2e-4, to: 5e-5 },
        beta1: 0,
        beta2: { kind: "cosine", from: 0.9, to: 0.99 },
      },
      averageHalfLife: 500_000,
      averageRampUp: 0.05,
    },
    forData(data) {
      const [height, width] = data.imageShape;
      const [, gamma] = GAMMAS.find(([side]) => Math.max(height, width) <= side)!;
      const regularizers = { r1: { gamma: falling(gamma) }, r2: { gamma: falling(gamma) } };
      return { ...sizeDefaults(R3GAN, IMAGES_OF_R3GAN, data), regularizers };
    },
  },
];

/** γ of R3GAN at the start by the longer side, about as the paper's for ImageNet and FFHQ of 32, 64 and 256 pixels. */
const GAMMAS: readonly (readonly [side: number, gamma: number])[] = [
  [32, 1],
  [64, 2],
  [128, 15],
  [Infinity, 150],
];

/** To a tenth in the course of the run, as in the paper. */
function falling(gamma: number): { readonly kind: "cosine"; readonly from: number; readonly to: number } {
  return { kind: "cosine", from: gamma, to: gamma / 10 };
}
