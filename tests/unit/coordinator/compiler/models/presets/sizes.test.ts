// The networks of every preset that follows the size of the images, for many sizes, with classes and without.
import { afterEach, describe, expect, test } from "vitest";
import { buildNetworks } from "../../../../../../coordinator/compiler/models/networks.ts";
import { compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { type RunConfigInput, parseConfig } from "../../../../../../shared/config/config.ts";
import { findPreset } from "../../../../../../shared/config/presets.ts";

const NAMES = ["dcgan", "resnet", "wgan-gp", "sngan", "sagan", "acgan", "r3gan"];
const SMALL = {
  latentSize: 3,
  batch: 2,
  shard: 2,
  sampleCount: 1,
  length: { kind: "steps", steps: 1 },
} as const;
const filtersOf = (name: string): number => (name === "r3gan" ? 8 : 2);

function configOf(name: string, more: Partial<RunConfigInput> = {}): ReturnType<typeof parseConfig> {
  const { config } = findPreset(name);
  return parseConfig({ ...config, ...SMALL, ...more, model: { ...config.model, filters: filtersOf(name), ...more.model } }); // prettier-ignore
}

const disposers: (() => void)[] = [];
afterEach(() => disposers.splice(0).forEach((dispose) => dispose()));

async function built(config: ReturnType<typeof parseConfig>, imageShape: readonly [number, number, number]) {
  const { networks } = await buildNetworks(config, { imageShape, classes: config.conditional ? 3 : 0 });
  const { generator, discriminator } = networks;
  disposers.push(() => [generator!, discriminator!].forEach((model) => model.dispose()));
  return { generator: generator!, discriminator: discriminator! };
}

describe.each(NAMES)("%s", (name) => {
  test.each([
    [8, 8, 1], [17, 23, 3], [28, 28, 1], [32, 32, 3], [48, 64, 4], [9, 100, 2],
  ] as const)("draws and judges %i×%i×%i", async (...imageShape) => {
    for (const conditional of [false, true]) {
      if (name === "acgan" && !conditional) continue;
      const { generator, discriminator } = await built(configOf(name, { conditional }), imageShape);
      expect(generator.outputs[0].shape).toEqual([null, ...imageShape]);
      expect(discriminator.outputs[0].shape).toEqual([null, 1]);
      expect(generator.inputs.length).toBe(conditional ? 2 : 1);
    }
  }); // prettier-ignore
});

test.each(NAMES)("%s compiles at 8×9, by class and without", async (name) => {
  for (const conditional of name === "acgan" ? [true] : [false, true]) {
    const run = await compileRun(configOf(name, { conditional }), { imageShape: [8, 9, 1], classes: 3 });
    expect(run.phases.length).toBeGreaterThan(0);
  }
});

test.each(["resnet", "r3gan"])("%s refuses other sizes with the remedy", async (name) => {
  await expect(built(configOf(name), [7, 28, 1])).rejects.toThrow(
    `${name} draws images of 8 to 256 pixels a side, and these are 7×28: resize them with --image-size, or give networks for that size with --model FILE`,
  );
});
