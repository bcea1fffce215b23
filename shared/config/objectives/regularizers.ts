// The regularizers of a GAN's losses as the config has them; `coordinator/compiler/objectives/regularizers/` computes them.
import { z } from "zod";
import { scheduledNumber } from "../scheduled.ts";

const weight = scheduledNumber({ least: 0, most: 1e6 });
const every = z
  .int()
  .min(1)
  .max(10_000)
  .default(1)
  .describe(
    "steps between its rounds, which then count so many times as much (lazy, StyleGAN2); 1: in every step",
  );

const gradientAt = (images: string) =>
  z.strictObject({
    gamma: weight.default(10).describe(`γ of γ/2 · mean ‖∇D‖² at ${images} images`),
    every,
  });

/** Each is off where it is absent. */
export const regularizersSchema = z.strictObject({
  r1: gradientAt("real").optional().describe("Mescheder et al. 2018"),
  r2: gradientAt("generated").optional().describe("Mescheder et al. 2018; with R1, R3GAN's"),
  gradientPenalty: z
    .strictObject({
      weight: weight.default(10).describe("λ of λ · mean (‖∇D‖ − target)² between real and generated images"),
      target: z.number().min(0).max(1000).default(1).describe("the slope that is wanted; 0: none at all"),
      every,
    })
    .optional()
    .describe("WGAN-GP, Gulrajani et al. 2017"),
  dragan: z
    .strictObject({
      weight: weight.default(10).describe("λ of λ · mean (‖∇D‖ − 1)² around real images"),
      every,
    })
    .optional()
    .describe("Kodali et al. 2017"),
  consistency: z
    .strictObject({
      weight: weight.default(10).describe("λ of λ · mean (D(x) − D(T(x)))², of real and of generated images"),
      flip: z
        .boolean()
        .default(true)
        .describe("T also mirrors images left to right: not for letters and digits, which are others then"),
    })
    .optional()
    .describe("balanced consistency (bCR), Zhao et al. 2020"),
  lecam: z
    .strictObject({
      weight: weight.default(0.3).describe("λ of λ · (mean (D(x) − α_F)² + mean (D(x̂) − α_R)²)"),
      decay: z.number().min(0).lt(1).default(0.99).describe("decay of the averages α of D's outputs"),
    })
    .optional()
    .describe("Tseng et al. 2021"),
  featureMatching: z
    .strictObject({
      weight: weight.default(1).describe("λ of λ · ‖mean f(x) − mean f(x̂)‖², f the features of D"),
    })
    .optional()
    .describe("Salimans et al. 2016"),
  pathLength: z
    .strictObject({
      weight: weight.default(2).describe("λ of λ · mean (‖Jᵀy‖ − a)², y random images"),
      decay: z.number().gt(0).max(1).default(0.01).describe("how fast the usual length a follows"),
      every: every.unwrap().default(4).describe("steps between its rounds, as above"),
    })
    .optional()
    .describe("Karras et al. 2020"),
  labelSmoothing: z
    .strictObject({
      real: z.number().min(0.5).max(1).default(0.9).describe("what D is to say of real images"),
      fake: z.number().min(0).max(0.5).default(0).describe("and of generated ones; above 0: two-sided"),
    })
    .optional()
    .describe("Salimans et al. 2016"),
  instanceNoise: z
    .strictObject({
      stddev: scheduledNumber({ least: 0, most: 10 })
        .default(0.1)
        .describe("of the normal noise that is added to all images that D sees, in [-1, 1]"),
    })
    .optional()
    .describe("Sønderby et al. 2017"),
});
export type RegularizersConfig = z.infer<typeof regularizersSchema>;
export type RegularizerName = keyof RegularizersConfig;
