// What a run that begins with another's weights says of them; the weights themselves lie in its folder.
import { z } from "zod";
import { FROM_WEIGHTS } from "./from-weights.ts";

const count = z.int().nonnegative();

export const fromSchema = z.strictObject({
  checkpoint: z.string().describe("where they were taken from; for people, it is not read again"),
  step: count.describe("steps that the other run had made"),
  weightsHash: z
    .string()
    .regex(/^[0-9a-f]{64}$/, "64 hexadecimal digits are due")
    .describe("of all weights before the first step: those taken and those drawn"),
  weights: z
    .enum(FROM_WEIGHTS)
    .describe("what the generator begins with: the weights that were trained, or their average"),
  updates: z
    .record(z.string(), count)
    .describe(
      "by network, updates that the optimizer had made whose state was taken; none where it begins anew",
    ),
  averaged: count.describe("updates of the generator that the average had followed"),
  averagedImages: count.optional().describe("images of these updates"),
});
export type From = z.infer<typeof fromSchema>;
