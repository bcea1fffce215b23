// Networks from presets and from users' modules, and the sentences for those that do not fit.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { type RunConfig, type RunConfigInput, parseConfig } from "../../../../../shared/config/config.ts";
import { withOwnLatentSize } from "../../../../../coordinator/compiler/models/latent-size.ts";
import { viewOf } from "../../../../../shared/protocol/layout.ts";
import { buildNetworks } from "../../../../../coordinator/compiler/models/networks.ts";
import { compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { presets } from "../../../../../shared/config/presets.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { saveModel } from "../../../../support/saved-model.ts";

/** Images of 4×4 in colour. */
const SMALL = { imageShape: [4, 4, 3], classes: 2 } as const;

const GENERATOR = `export function generator({ tf, imageShape, latentSize }) {
  const [height, width, channels] = imageShape;
  return tf.sequential({ layers: [
    tf.layers.dense({ units: height * width * channels, activation: "tanh", inputShape: [latentSize] }),
    tf.layers.reshape({ targetShape: [height, width, channels] }),
  ] });
}`;
const DISCRIMINATOR = `export function discriminator({ tf, imageShape }) {
  return tf.sequential({ layers: [
    tf.layers.flatten({ inputShape: [...imageShape] }),
    tf.layers.dense({ units: 1 }),
  ] });
}`;

test("a module's networks are built for the data set and the noise of the run", async () => {
  const config = await moduleConfig(`${GENERATOR}\n${DISCRIMINATOR}`, { latentSize: 8 });
  const {
    networks: { generator, discriminator, classifier },
  } = await buildNetworks(config, SMALL);
  expect(generator?.inputs[0].shape).toEqual([null, 8]);
  expect(generator?.outputs[0].shape).toEqual([null, 4, 4, 3]);
  expect(discriminator?.inputs[0].shape).toEqual([null, 4, 4, 3]);
  expect(discriminator?.outputs[0].shape).toEqual([null, 1]);
  expect(classifier).toBeUndefined();
});

test.each(presets().map(({ name, config }) => [name, config] as const))("%s has networks for 28×28 grey", async (_name, input) => {
  const config = parseConfig(input);
  const { networks } = await buildNetworks(config, { imageShape: [28, 28, 1], classes: 10 });
  const expected = config.task === "gan" ? ["generator", "discriminator"] : ["classifier"];
  expect(Object.keys(networks)).toEqual(expected);
}); // prettier-ignore

test("a saved generator takes the place of a preset's, with the weights it was saved with", async () => {
  await useCpuBackend();
  const kernel = tf.fill([2, 48], 0.25);
  const saved = tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 48, useBias: false, inputShape: [2], weights: [kernel] }),
      tfl.layers.reshape({ targetShape: [4, 4, 3] }),
    ],
  });
  const generator = await saveModel(saved, await temporaryFolder());
  const config = await withOwnLatentSize(
    parseConfig({
      model: { kind: "preset", name: "seed-gan-conv" }, // its generator draws 28×28, its discriminator takes any size
      networks: { generator },
      length: { kind: "steps", steps: 1 },
    }),
    undefined,
  );
  expect(config.latentSize).toBe(2);
  const { layout, initialWeights, networks } = await compileRun(config, SMALL);
  const slot = layout.slots.find(({ name }) => name === "generator/00-dense/kernel")!;
  expect(new Set(viewOf(initialWeights, slot))).toEqual(new Set([0.25]));
  expect(networks["discriminator"].layers).toHaveLength(6);
});

describe("refuses", () => {
  test.each<[what: string, module: string, ...says: string[]]>([
    ["a module without a generator", DISCRIMINATOR, "has no generator", "export function generator({ tf, imageShape, latentSize, classes })"],
    ["a module without a discriminator", GENERATOR, "has no discriminator", "export function discriminator("],
    ["a builder that throws", 'export function generator() { throw new Error("out of ideas"); }', "generator of", "out of ideas"],
    ["a builder that returns no model", "export function generator() { return 7; }", "generator of", "returned number", "tf.layers model"],
    ["an asynchronous builder", "export async function generator() {}", "generator of", "async"],
    ["a generator of other images", GENERATOR.replace("= imageShape", "= [5, 4, 3]"), "its output has shape [5, 4, 3] a sample, and [4, 4, 3] is needed"],
    ["a generator of other noise", GENERATOR.replace("[latentSize]", "[3]"), "its input has shape [3] a sample, and [100], or that and [2] for labels (one-hot), is needed"],
    ["two logits", `${GENERATOR}\n${DISCRIMINATOR.replace("units: 1", "units: 2")}`, "discriminator of", "its output has shape [2] a sample, and [1], or one logit for each patch"],
    ["what is no module", "export function {", "cannot be loaded", "give --model an ES module"],
  ])("%s", async (_what, module, ...says) => {
    const config = await moduleConfig(module);
    const error: unknown = await buildNetworks(config, SMALL).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "MODEL", exitCode: 2 });
    for (const part of says) expect((error as Error).message).toContain(part);
  }); // prettier-ignore

  test("a module that is not there, with its path", async () => {
    const file = join(await temporaryFolder(), "my-gan.mjs");
    const config = parseConfig({ model: { kind: "module", file }, length: { kind: "steps", steps: 1 } });
    await expect(buildNetworks(config, SMALL)).rejects.toThrow(
      `there is no model module ${file}: give --model`,
    );
  });

  test("a preset's networks for images they do not draw, and a name that is none", async () => {
    const named = (name: string): RunConfig =>
      parseConfig({ model: { kind: "preset", name }, length: { kind: "steps", steps: 1 } });
    await expect(buildNetworks(named("seed-gan"), SMALL)).rejects.toThrow(
      "the generator of preset seed-gan draws 28×28×1 images, and those of strokes are 4×4×3: choose --preset dcgan, which follows the size, or give networks for it with --model FILE",
    );
    await expect(buildNetworks(named("digits"), SMALL)).rejects.toThrow(
      "dcgan draws images of 8 to 256 pixels a side, and these are 4×4: resize them with --image-size",
    );
    await expect(buildNetworks(named("mnits"), SMALL)).rejects.toThrow(
      'no networks "mnits": did you mean mnist?',
    );
  });

  test("a generator that wants labels, where the data has none", async () => {
    const config = await moduleConfig(
      `export function generator({ tf, latentSize, classes }) {
        const [noise, labels] = [tf.input({ shape: [latentSize] }), tf.input({ shape: [classes] })];
        return tf.model({ inputs: [noise, labels], outputs: noise });
      }`,
    );
    await expect(buildNetworks(config, { ...SMALL, classes: 0 })).rejects.toThrow(
      "has shape [100] and [0] a sample, and [100] is needed: the data has no labels for a second input",
    );
  });

  test("a classifier for data without labels", async () => {
    const config = await moduleConfig("export const classifier = () => null;", {
      task: "classifier",
      data: "photos",
    });
    await expect(buildNetworks(config, { ...SMALL, classes: 0 })).rejects.toThrow(
      "a classifier needs labels, and the data set photos has none",
    );
  });
});

/** Each its own file: a module is loaded once by its path. */
async function moduleConfig(source: string, change: Partial<RunConfigInput> = {}): Promise<RunConfig> {
  const file = join(await temporaryFolder(), "model.mjs");
  await writeFile(file, source);
  return parseConfig({ model: { kind: "module", file }, length: { kind: "steps", steps: 1 }, ...change });
}
