// The config fields that say what a GAN's networks minimize.
import { z } from "zod";
import { scheduledNumber } from "../scheduled.ts";
import { AUGMENT_VARIANTS, augmentSchema } from "./augment.ts";
import { conditioningSchema } from "./conditioning.ts";
import { LOSS_NAMES } from "./losses.ts";
import { regularizersSchema } from "./regularizers.ts";

export const objectiveFields = {
  loss: z
    .literal(LOSS_NAMES)
    .optional()
    .describe("what D and G minimize; default: non-saturating, or the module's own losses"),
  regularizers: regularizersSchema
    .prefault({})
    .describe("what is added to these losses, or done to what D sees"),
  topK: scheduledNumber({ least: 0.01, most: 1 })
    .default(1)
    .describe(
      "part of a shard's images that G learns from: those that D finds most real (Sinha et al. 2020)",
    ),
  weightClip: z
    .number()
    .positive()
    .max(100)
    .optional()
    .describe("bound of every weight of D after each update (WGAN, Arjovsky et al. 2017), such as 0.01"),
  augment: augmentSchema
    .prefault({ kind: "none" })
    .describe("what is done to all images that D sees, inside the step"),
  conditional: z
    .boolean()
    .default(false)
    .describe("whether a preset's networks are given the labels of the images"),
  conditioning: conditioningSchema.prefault({}).describe("how, where they are"),
};

/** The objects that these fields may hold, by name, for messages that suggest a field's. */
export const OBJECTIVE_VARIANTS = {
  regularizers: [regularizersSchema],
  ...Object.fromEntries(
    Object.entries(regularizersSchema.shape).map(([name, field]) => [name, [field.unwrap()]]),
  ),
  augment: AUGMENT_VARIANTS,
  conditioning: [conditioningSchema],
};
