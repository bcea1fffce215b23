// The words that fields of a GAN's objective and networks take: apart from the schemas, which the command line's help need not load.

/** Concatenated with the noise; conditional batch normalization (Dumoulin et al. 2017). */
export const GENERATOR_CONDITIONING = ["none", "concatenation", "batch-norm"] as const;

/** As channels beside the image; projection (Miyato & Koyama 2018); AC-GAN (Odena et al. 2017). */
export const DISCRIMINATOR_CONDITIONING = [
  "none",
  "concatenation",
  "projection",
  "auxiliary-classifier",
] as const;

export const AUGMENTATIONS = ["none", "diff-augment", "ada"] as const;

/** Of DiffAugment (Zhao et al. 2020), in the order in which they are done. */
export const DIFF_AUGMENT_POLICIES = ["colour", "translation", "cutout"] as const;
export type DiffAugmentPolicy = (typeof DIFF_AUGMENT_POLICIES)[number];

/** Of ADA (Karras et al. 2020, "bgc"), in the order in which they are done: pixel blitting, geometry, colour. */
export const ADA_TRANSFORMS = ["blit", "geometry", "colour"] as const;
export type AdaTransform = (typeof ADA_TRANSFORMS)[number];

export const SPECTRAL_NORMS = ["none", "discriminator", "both"] as const;

export const INITIALIZERS = ["normal", "orthogonal"] as const;
