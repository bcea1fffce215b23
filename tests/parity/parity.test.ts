// The same maths as PyTorch's, for whole runs: from the same weights, noise, samples and shares, the same losses.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lacking, record } from "./pytorch.ts";
import { largestDifference } from "./differences.ts";
import { replay } from "./replay.ts";
import { MODELS, STEPS, configOf } from "./runs.ts";

const missing = await lacking();
if (missing !== null) console.warn(`skipped: ${missing}`);

/**
 * |difference| / max(1, |loss|). Both add float32 in orders of their own, and a step amplifies what the last one left. In
 * r3gan, where little is amplified (5.7e-6 was measured), an ε of Adam ten times too large makes 2.9e-4.
 */
const TOLERANCE = { mnist: 1e-3, "wgan-gp": 1e-3, r3gan: 1e-4 } as const;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-parity-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(missing !== null)(`every loss of ${STEPS} steps is PyTorch's`, () => {
  test.each(MODELS)("%s", async (model) => {
    const recorded = await record(model, folder);
    const config = await configOf(model, folder);
    const { losses } = await replay(config, recorded);
    for (const network of ["discriminator", "generator"] as const) {
      const expected = recorded.floats(`loss/${network}`);
      expect(losses[network]).toHaveLength(expected.length);
      expect(expected.length).toBeGreaterThanOrEqual(STEPS);
      const { size, at } = largestDifference(losses[network], expected);
      console.log(`${model}, ${network}: at most ${size.toExponential(1)} apart, in round ${at}`);
      expect(size, `${network}, round ${at}`).toBeLessThan(TOLERANCE[model]);
    }
  });
});
