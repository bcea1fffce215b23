// `augment` in a module's losses: traced with new draws for each call, differentiable through to the pixels, its slips placed.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CompiledRun, compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { parseConfig } from "../../../../../../shared/config/config.ts";
import { decodeProgram } from "../../../../../../shared/program/program.ts";
import { temporaryFolder } from "../../../../../support/cli.ts";

const NETWORKS = `
export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
  tf.layers.dense({ units: 8 * 8 * 3, activation: "tanh", inputShape: [latentSize] }),
  tf.layers.reshape({ targetShape: imageShape })] });
export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
  tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });
`;

async function compiled(losses: string): Promise<CompiledRun> {
  const file = join(await temporaryFolder(), "gan.mjs");
  await writeFile(
    file,
    `${NETWORKS}\nexport function losses({ tf, generator, discriminator, samples, noise, now, gradients, augment }) {${losses}}`,
  );
  const config = parseConfig({
    model: { kind: "module", file },
    length: { kind: "steps", steps: 10 },
    batch: 4,
    shard: 4,
    latentSize: 4,
    values: { p: { kind: "constant", value: 0.5 } },
  });
  return compileRun(config, { imageShape: [8, 8, 3], classes: 0 });
}

test("both augmentations are part of the step, with R1 through them and a p of the run's values", async () => {
  const { programs, phases } = await compiled(`
    const real = discriminator(augment.ada(samples, { p: now.values.p }));
    const fake = discriminator(augment.diffAugment(generator(noise), { policy: ["colour", "cutout"] }));
    const [slope] = gradients(real.sum(), [samples]);
    return {
      discriminator: real.neg().softplus().mean().add(fake.softplus().mean()).add(slope.square().sum()),
      generator: fake.neg().softplus().mean(),
    };`);
  const { inputs } = decodeProgram(programs.get(phases[0].program)!);
  const draws = inputs.filter(({ random }) => random !== undefined).length;
  expect(draws).toBe(28 + 4); // 7 of blitting, 11 of geometry, 10 of colour; brightness, saturation, contrast, and the place of the cut-out
  expect(inputs.map(({ name }) => name)).toContain("now/values/p");
});

test("a slip is told with the module and the line", async () => {
  const losses = `
    const real = discriminator(augment.ada(samples, { probability: 0.5 }));
    return { discriminator: real.mean(), generator: real.mean() };`;
  await expect(compiled(losses)).rejects.toThrow(
    /gan\.mjs.*augment\.ada has no option probability: did you mean p\?/,
  );
});
