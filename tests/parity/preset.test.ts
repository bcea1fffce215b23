// The preset `r3gan` against the same networks in PyTorch: from the same weights, noise and samples, the same losses.
import { expect, test } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseConfig } from "../../shared/config/config.ts";
import { findPreset } from "../../shared/config/presets.ts";
import { largestDifference } from "./differences.ts";
import { lacking, record } from "./pytorch.ts";
import type { RecordedRun, RecordedWeight } from "./recorded-run.ts";
import { replay } from "./replay.ts";
import { BATCH, LEARNING_RATE } from "./runs.ts";

const missing = await lacking();
if (missing !== null) console.warn(`skipped: ${missing}`);

const STEPS = 20;
/** As of the module with the same networks, `parity.test.ts`. */
const TOLERANCE = 1e-4;

/** Where the parts of a block lie, which PyTorch has as one module: the n-th of its three layers, and the weight's name. */
const IN_BLOCK: Readonly<Record<string, readonly [layer: number, weight: string]>> = {
  widen: [0, "kernel"],
  firstBias: [0, "bias"],
  grouped: [1, "kernel"],
  secondBias: [1, "bias"],
  narrow: [2, "kernel"],
};

/** The record with the weights of each block as those of the preset's three layers. */
function inLayers(recorded: RecordedRun): RecordedRun {
  const blocks = (network: string, layer: number): number => {
    const before = recorded.weights.filter((one) => one.network === network && one.weight === "widen");
    return before.filter((one) => one.layer < layer).length;
  };
  const weights = recorded.weights.map((one): RecordedWeight => {
    const [inside, weight] = IN_BLOCK[one.weight] ?? [0, one.weight];
    return { ...one, weight, layer: one.layer + 2 * blocks(one.network, one.layer) + inside };
  });
  return { ...recorded, weights, floats: (name) => recorded.floats(name) };
}

test.skipIf(missing !== null)(`every loss of ${STEPS} steps of preset r3gan is PyTorch's`, async () => {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-parity-"));
  try {
    const recorded = await record("r3gan", folder, ["--steps", String(STEPS)]);
    const gamma = { gamma: 1, every: 1 };
    const config = parseConfig({
      ...findPreset("r3gan").config,
      batch: BATCH.r3gan,
      shard: BATCH.r3gan / 4,
      length: { kind: "steps", steps: STEPS },
      regularizers: { r1: gamma, r2: gamma },
      schedule: { kind: "alternating", discriminatorRounds: 1 },
      optimizer: { learningRate: LEARNING_RATE.r3gan, beta1: 0, beta2: 0.99, epsilon: 1e-8 },
    });
    const { losses } = await replay(config, inLayers(recorded));
    for (const network of ["discriminator", "generator"] as const) {
      const { size, at } = largestDifference(losses[network], recorded.floats(`loss/${network}`));
      console.log(`preset r3gan, ${network}: at most ${size.toExponential(1)} apart, in round ${at}`);
      expect(size, `${network}, round ${at}`).toBeLessThan(TOLERANCE);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
