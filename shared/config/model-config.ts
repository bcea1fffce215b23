// Whose networks a run trains: a preset's with its choices, a module's, saved ones in their place.
import { z } from "zod";
import { INITIALIZERS, SPECTRAL_NORMS } from "./objectives/choices.ts";
import type { NetworkName } from "./optimizer-config.ts";

export const modelSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("preset"),
    name: z.string().describe("the preset whose networks these are, such as dcgan or digits"),
    filters: z
      .int()
      .positive()
      .max(1024)
      .optional()
      .describe("channels of a preset's stage next to the image"),
    blocks: z.int().positive().max(8).optional().describe("residual blocks of a r3gan's stage; default: 1"),
    spectralNorm: z
      .literal(SPECTRAL_NORMS)
      .optional()
      .describe("spectral normalization (Miyato et al. 2018), in which networks; default: the preset's"),
    minibatchStdDev: z
      .boolean()
      .optional()
      .describe("D sees how much the images of a shard differ (Karras et al. 2018); default: the preset's"),
    attention: z
      .int()
      .min(0)
      .max(256)
      .optional()
      .describe(
        "self-attention (Zhang et al. 2019) on maps of this side, such as 16; 0: none; default: the preset's",
      ),
    equalized: z
      .boolean()
      .optional()
      .describe("equalized learning rates (Karras et al. 2018); default: the preset's"),
    initializer: z
      .literal(INITIALIZERS)
      .optional()
      .describe("what kernels are drawn from; default: the preset's"),
  }),
  z.strictObject({ kind: z.literal("module"), file: z.string().describe("its path, absolute") }),
]);

const savedNetwork = z.string().min(1);
export const savedNetworksSchema = z.strictObject({
  generator: savedNetwork.optional().describe("the file that the generator goes on from"),
  discriminator: savedNetwork.optional().describe("the file that the discriminator goes on from"),
  classifier: savedNetwork.optional().describe("the file that the classifier goes on from"),
} satisfies Record<NetworkName, unknown>);
