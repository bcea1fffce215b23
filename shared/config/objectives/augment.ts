// What is done to all images that D sees, inside the step, differently each time.
import { z } from "zod";
import { scheduledNumber } from "../scheduled.ts";
import { ADA_TRANSFORMS, DIFF_AUGMENT_POLICIES } from "./choices.ts";

export const augmentSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({
    kind: z.literal("diff-augment"),
    policy: z
      .array(z.literal(DIFF_AUGMENT_POLICIES))
      .min(1)
      .default([...DIFF_AUGMENT_POLICIES])
      .describe("what is changed (Zhao et al. 2020)"),
  }),
  z.strictObject({
    kind: z.literal("ada"),
    transforms: z
      .array(z.literal(ADA_TRANSFORMS))
      .min(1)
      .default([...ADA_TRANSFORMS])
      .describe("what is done, each with probability p: whole pixels moved, geometry, colours"),
    probability: scheduledNumber({ least: 0, most: 1 })
      .optional()
      .describe(
        "p of each transformation; default: it follows how sure D is of real images, from 0 on (Karras et al. 2020)",
      ),
    target: z
      .number()
      .gt(-1)
      .lt(1)
      .default(0.6)
      .describe("the mean sign of D(x) at which p stays: above it p grows, below it falls"),
    images: z.int().positive().default(500_000).describe("real images in which p can go from 0 to 1"),
    every: z.int().positive().max(1000).default(4).describe("rounds of D between changes of p"),
  }),
]);
export type AugmentConfig = z.infer<typeof augmentSchema>;
export const AUGMENT_VARIANTS = augmentSchema.options;
