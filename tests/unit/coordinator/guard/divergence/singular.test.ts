// A root or a logarithm in a user's losses is found in the program, and named with its remedy.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { singularLoss } from "../../../../../coordinator/guard/divergence/singular.ts";
import { parseConfig } from "../../../../../shared/config/config.ts";
import { decodeProgram } from "../../../../../shared/program/program.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const MODULE = `
  export const generator = ({ tf, imageShape, latentSize }) => tf.sequential({ layers: [
    tf.layers.dense({ units: 4, inputShape: [latentSize] }), tf.layers.batchNormalization(),
    tf.layers.reshape({ targetShape: imageShape })] });
  export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
    tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });
  export function losses({ tf, generator, discriminator, samples, noise, gradients }) {
    const [fake, real] = [discriminator(generator(noise)).mean(), discriminator(samples).mean()];
    const [slope] = gradients(discriminator(samples).sum(), [samples]);
    const penalty = PENALTY;
    return { discriminator: fake.sub(real).add(penalty), generator: fake.neg() };
  }`;

test.each([
  ["slope.square().sum([1, 2, 3]).sqrt().sub(1).square().mean()", "the losses take a square root, whose slope at 0 is infinite: write tf.sqrt(x.add(1e-12))"],
  ["slope.abs().mean().log()", "the losses take a logarithm, which is infinite at 0: write tf.log(x.add(1e-12))"],
  ["slope.square().mean()", null],
])("a penalty of %s gives the words %j", async (penalty, words) => {
  const file = join(await temporaryFolder(), "losses.mjs");
  await writeFile(file, MODULE.replace("PENALTY", penalty));
  const model = { kind: "module", file } as const;
  const config = parseConfig({ batch: 2, shard: 2, latentSize: 2, model, length: { kind: "steps", steps: 1 } });
  const { phases, programs } = await compileRun(config, { imageShape: [2, 2, 1], classes: 0 });
  expect(singularLoss(decodeProgram(programs.get(phases[0].program)!))).toBe(words);
}); // prettier-ignore
