// The three runs that are compared, as Ganglion has them: pytorch/reference.py has the same as PyTorch has them.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { moduleText } from "../../deploy/init/module-text.ts";
import { VARIANTS } from "../../deploy/init/variants.ts";
import { type RunConfig, parseConfig } from "../../shared/config/config.ts";
import { findPreset } from "../../shared/config/presets.ts";

export const MODELS = ["mnist", "wgan-gp", "r3gan"] as const;
export type ModelName = (typeof MODELS)[number];

/** How long and wide a comparison is. */
export const STEPS = 100;

/**
 * Batches are powers of two: the derivative of WGAN's loss by the critic's last bias is then 0 and not 0 ± rounding, of
 * which Adam would make steps of full size.
 */
export const BATCH: Readonly<Record<ModelName, number>> = { mnist: 32, "wgan-gp": 16, r3gan: 8 };

/**
 * A quarter of what each model is trained with otherwise. At the full rates a rounding in the first step has grown to more
 * than 1e-3 within 100 steps, in PyTorch against itself too: docs/parity.md has the figures.
 */
export const LEARNING_RATE: Readonly<Record<ModelName, number>> = {
  mnist: 5e-5,
  "wgan-gp": 2.5e-5,
  r3gan: 5e-5,
};

/** Batch normalization takes its statistics over a shard: where there is any, the batch is one. `folder` is for a module. */
export async function configOf(model: ModelName, folder: string): Promise<RunConfig> {
  const batch = BATCH[model];
  const learningRate = LEARNING_RATE[model];
  const common = { batch, shard: batch, length: { kind: "steps", steps: STEPS } } as const;
  switch (model) {
    case "mnist":
      return parseConfig({ ...findPreset("mnist").config, ...common, optimizer: { learningRate } });
    case "wgan-gp": {
      const variant = VARIANTS.find(({ name }) => name === "wgan-gp")!;
      const file = join(folder, "wgan-gp.mjs");
      await writeFile(file, moduleText(variant, "js", file));
      return parseConfig({
        model: { kind: "module", file },
        ...common,
        schedule: { kind: "alternating", discriminatorRounds: 5 },
        optimizer: { learningRate, beta1: 0, beta2: 0.9 },
      });
    }
    case "r3gan":
      return parseConfig({
        model: { kind: "module", file: fileURLToPath(new URL("./r3gan.js", import.meta.url)) },
        latentSize: 64,
        ...common,
        shard: batch / 4,
        schedule: { kind: "alternating", discriminatorRounds: 1 },
        optimizer: { learningRate, beta1: 0, beta2: 0.99, epsilon: 1e-8 },
      });
    default:
      return model satisfies never;
  }
}
