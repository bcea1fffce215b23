// The types that the package gives to authors of model modules, seen by a project that installed it.
import { execFile } from "node:child_process";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/cli.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const COMPILER = join(ROOT, "node_modules", ".bin", "tsc");

const MODULE = `
import type { LossContext, ModelContext } from "ganglion";

export function generator({ tf, imageShape, latentSize }: ModelContext) {
  const [height, width, channels] = imageShape;
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: height * width * channels, activation: "tanh", inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: [height, width, channels] }),
    ],
  });
}

export function losses({ generator, discriminator, samples, noise, gradients }: LossContext) {
  const [real, fake] = [discriminator(samples), discriminator(generator(noise))];
  const [slope] = gradients(real.sum(), [samples]);
  return {
    discriminator: fake.softplus().mean().add(real.neg().softplus().mean()).add(slope.square().mean()),
    generator: fake.neg().softplus().mean(),
  };
}

export function several({ tf, discriminator, samples }: LossContext<ReturnType<LossContext["generator"]>[]>) {
  const [real, label] = discriminator(samples);
  return tf.add(real.mean(), label.mean());
}
`;

test("a model module in TypeScript is checked against the package's types", { timeout: 30_000 }, async () => {
  expect(await complaintsOf(MODULE)).toBe("");
});

test("and told of its mistakes", { timeout: 30_000 }, async () => {
  const typo = await complaintsOf(MODULE.replace("latentSize }: ModelContext", "latentsize }: ModelContext"));
  expect(typo).toMatch(/Property 'latentsize' does not exist on type 'ModelContext'/);
  const method = await complaintsOf(MODULE.replace("real.neg()", "real.negative()"));
  expect(method).toMatch(/Property 'negative' does not exist on type 'Tensor/);
});

/** What the compiler says of a project with this one module. */
async function complaintsOf(module: string): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "node_modules"));
  await symlink(ROOT, join(folder, "node_modules", "ganglion"));
  const compilerOptions = { module: "nodenext", strict: true, noEmit: true, skipLibCheck: true, types: [] }; // tfjs's own have faults
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["my-gan.mts"] }));
  await writeFile(join(folder, "my-gan.mts"), module);
  return await promisify(execFile)(COMPILER, ["-p", folder]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout || "the compiler failed without a word",
  );
}
