// How labels reach the networks, and the choices by name.
import { z } from "zod";
import { DISCRIMINATOR_CONDITIONING, GENERATOR_CONDITIONING } from "./choices.ts";

export const conditioningSchema = z.strictObject({
  generator: z
    .literal(GENERATOR_CONDITIONING)
    .optional()
    .describe("how labels reach the generator; default: what suits the preset's networks"),
  discriminator: z
    .literal(DISCRIMINATOR_CONDITIONING)
    .optional()
    .describe("how labels reach the discriminator; default: what suits the preset's networks"),
  classWeight: z
    .number()
    .min(0)
    .max(1000)
    .default(1)
    .describe("of the cross-entropy of the classes, where the discriminator has an auxiliary classifier"),
});
export type Conditioning = z.infer<typeof conditioningSchema>;
