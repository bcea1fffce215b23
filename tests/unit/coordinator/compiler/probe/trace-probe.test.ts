// What the guard's program looks at, for networks of several kinds.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { parseConfig } from "../../../../../shared/config/config.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { writeConditionalGan } from "../../../../support/conditional-gan.ts";

type Shapes = Readonly<Record<string, readonly number[]>> | null;

const GENERATOR = `export const generator = ({ tf, imageShape, latentSize }) => tf.sequential({ layers: [
  tf.layers.dense({ units: 8, activation: "relu", inputShape: [latentSize] }),
  tf.layers.dense({ units: imageShape[0] * imageShape[1] * imageShape[2] }), tf.layers.reLU(),
  tf.layers.reshape({ targetShape: imageShape })] });`;

test("images are averaged to 32 × 32 at most; features are what D's last weighted layer is given; each ReLU has its layer", async () => {
  const shapes = await probeOf(`${GENERATOR}
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.conv2d({ filters: 5, kernelSize: 3, strides: 2, padding: "same", inputShape: imageShape }),
      tf.layers.leakyReLU(), tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 7, activation: "relu" }),
      tf.layers.dropout({ rate: 0.5 }), tf.layers.dense({ units: 1 }), tf.layers.activation({ activation: "linear" })] });`, [48, 40, 2]);
  expect(shapes).toEqual({
    "images/real": [4, 24 * 20 * 2],
    "images/fake": [4, 24 * 20 * 2],
    "features/real": [4, 7],
    "features/fake": [4, 7],
    "scores/real": [4],
    "scores/fake": [4],
    "relu/generator/00-dense/0": [],
    "relu/generator/02-relu/0": [],
    "relu/discriminator/03-dense/0": [], // of the real images
    "relu/discriminator/03-dense/1": [],
  });
}); // prettier-ignore

test("of more than 1,024 features every k-th is compared, and scores of patches are averaged", async () => {
  const shapes = await probeOf(`${GENERATOR}
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.conv2d({ filters: 33, kernelSize: 3, padding: "same", inputShape: imageShape }), tf.layers.leakyReLU(),
      tf.layers.conv2d({ filters: 1, kernelSize: 4 })] });`, [8, 8, 1]);
  expect(shapes?.["features/real"]).toEqual([4, 704]); // 2,112 of them, every third
  expect(shapes?.["scores/fake"]).toEqual([4]);
}); // prettier-ignore

test("networks with labels are looked at with the samples' labels", async () => {
  const file = await writeConditionalGan(await temporaryFolder());
  const config = parseConfig({ batch: 4, shard: 4, latentSize: 6, model: { kind: "module", file }, length: { kind: "steps", steps: 1 } }); // prettier-ignore
  const { probe } = await compileRun(config, { imageShape: [4, 4, 3], classes: 5 });
  expect(probe?.result.slots.map(({ name }) => name)).toEqual([
    "features/fake",
    "features/real",
    "images/fake",
    "images/real",
    "scores/fake",
    "scores/real",
  ]);
});

test("a discriminator that gives no single score is left out as far as that goes", async () => {
  const classes = await probeOf(`${GENERATOR}
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 3 }), tf.layers.dense({ units: 4 })] });
    export const losses = ({ tf, generator, discriminator, samples, noise }) => {
      const [real, fake] = [discriminator(samples).mean(), discriminator(generator(noise)).mean()];
      return { discriminator: fake.sub(real), generator: fake.neg() }; };`, [4, 4, 1]);
  expect(classes).toHaveProperty("features/real", [4, 3]);
  expect(classes).not.toHaveProperty("scores/real");
}); // prettier-ignore

test("a classifier's run has nothing to look at", async () => {
  const model = { kind: "preset", name: "seed-cnn" } as const;
  const config = parseConfig({
    task: "classifier",
    batch: 4,
    shard: 4,
    model,
    length: { kind: "steps", steps: 1 },
  });
  expect((await compileRun(config, { imageShape: [28, 28, 1], classes: 10 })).probe).toBeNull();
});

/** The shapes of the probe's result, by name. */
async function probeOf(module: string, imageShape: readonly [number, number, number]): Promise<Shapes> {
  const file = join(await temporaryFolder(), "networks.mjs");
  await writeFile(file, module);
  const model = { kind: "module", file } as const;
  const config = parseConfig({
    batch: 4,
    shard: 4,
    latentSize: 6,
    model,
    length: { kind: "steps", steps: 1 },
  });
  const { probe } = await compileRun(config, { imageShape, classes: 0 });
  return probe && Object.fromEntries(probe.result.slots.map(({ name, shape }) => [name, shape]));
}
