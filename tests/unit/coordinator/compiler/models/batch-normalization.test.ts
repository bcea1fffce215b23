// Batch normalization takes its statistics over one shard: which networks have it, and what a shard of 1 does.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CompiledRun, compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { startWarnings } from "../../../../../coordinator/compiler/start-warnings.ts";
import { type RunConfig, parseConfig } from "../../../../../shared/config/config.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const IMAGES = { imageShape: [4, 4, 1], classes: 0 } as const;

/** A GAN of 4×4 images whose generator has these layers after its first, a map of 4×4×2. */
async function compiled(layers: string, shard: number, batch = 2): Promise<[CompiledRun, RunConfig]> {
  const file = join(await temporaryFolder(), "gan.mjs");
  await writeFile(
    file,
    `const inner = (tf) => {
      class Wrap extends tf.layers.Layer {
        build(shape) { this.inner = tf.layers.batchNormalization(); this.inner.build(shape); super.build(shape); }
        call(inputs, kwargs) { return this.inner.apply(inputs, kwargs); }
        static get className() { return "Wrap"; }
      }
      return new Wrap({});
    };
    export const generator = ({ tf, latentSize }) => tf.sequential({ layers: [
      tf.layers.dense({ units: 32, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: [4, 4, 2] }),
      ${layers}
      tf.layers.conv2d({ filters: 1, kernelSize: 1, activation: "tanh" })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`,
  );
  const config = parseConfig({
    model: { kind: "module", file },
    latentSize: 3,
    batch,
    shard,
    length: { kind: "steps", steps: 1 },
  });
  return [await compileRun(config, IMAGES), config];
}

const ON_MAPS = "tf.layers.batchNormalization(),";
const ON_DENSE =
  "tf.layers.flatten(), tf.layers.batchNormalization({ name: 'norm' }), tf.layers.reshape({ targetShape: [4, 4, 2] }),";

describe("a shard of 1", () => {
  test("after a dense layer gives every sample the same output, with the layer and the remedy", async () => {
    const [run, config] = await compiled(ON_MAPS + ON_DENSE, 1, 8);
    expect(startWarnings(run, config, 1000)).toEqual([
      {
        code: "SHARD_OF_ONE",
        message:
          "batch normalization takes its statistics over one shard, and the shard is 1 sample: generator/norm gives every " +
          "sample the same output, and what stands before it cannot be trained; give a larger --shard, which divides the batch of 8",
      },
    ]);
  });

  test("on maps normalizes each image by itself", async () => {
    const [run, config] = await compiled(ON_MAPS, 1, 1);
    const [{ message }] = startWarnings(run, config, 1000);
    expect(message).toContain("normalizes each image by itself, as instance normalization does");
    expect(message).toContain("give a larger --batch");
  });

  test.each([
    ["a custom layer", "inner(tf),"],
    ["a model in the model", `tf.sequential({ layers: [tf.layers.batchNormalization({ inputShape: [4, 4, 2] })] }),`],
    ["timeDistributed", `tf.layers.timeDistributed({ layer: tf.layers.batchNormalization() }),`],
  ])("is seen inside of %s", async (_where, layers) => {
    const [run, config] = await compiled(layers, 1);
    expect(startWarnings(run, config, 1000)).toMatchObject([{ code: "SHARD_OF_ONE" }]);
  }); // prettier-ignore

  test("is no matter without batch normalization", async () => {
    const [run, config] = await compiled("tf.layers.layerNormalization(),", 1);
    expect(startWarnings(run, config, 1000)).toEqual([]);
  });
});

test("a shard of 2 is enough", async () => {
  const [run, config] = await compiled(ON_MAPS + ON_DENSE, 2);
  expect(run.networks["generator"].batchNormalization).toMatchObject([{ rank: 4 }, { rank: 2 }]);
  expect(run.networks["discriminator"].batchNormalization).toEqual([]);
  expect(startWarnings(run, config, 1000)).toEqual([]);
});
