// Pictures are drawn by the generator that was trained: another one with the same weights' names is refused.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import type { Checkpoint } from "../../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { fingerprintsOf } from "../../../../coordinator/records/fingerprints.ts";
import { Updater } from "../../../../coordinator/update/update.ts";
import { generatorOf } from "../../../../deploy/run/checkpoint-generator.ts";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { SMALL_DATA, smallConfig } from "../../../support/small-run.ts";

let folder: string;
let checkpoint: Checkpoint;
const warnings: string[] = [];

/** A process loads each module once, so each has a name of its own. */
async function writeModel(name: string, alpha: number, rate = 0.3): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: 4, inputShape: [latentSize] }), tf.layers.leakyReLU({ alpha: ${alpha} }),
      tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dropout({ rate: ${rate} }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
  return file;
}

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv("GANGLION_CACHE", join(folder, "cache"));
  warnings.length = 0;
  const run = smallConfig(3, { model: { kind: "module", file: await writeModel("gan.mjs", 0.2) } });
  const compiled = await compileRun(run, SMALL_DATA);
  const { layout, initialWeights: weights } = compiled;
  const updater = new Updater({ config: run, layout, initial: weights, networks: Object.keys(compiled.parameters), steps: 3, runImages: 0 }); // prettier-ignore
  checkpoint = {
    step: 0,
    version: 0,
    position: 0,
    images: 0,
    config: { run, imageShape: SMALL_DATA.imageShape, classes: 0 },
    layout,
    weights,
    ...updater.state,
    numerics: "none",
    fingerprints: await fingerprintsOf({ config: run, train: SMALL_DATA, test: null }, compiled),
  };
  return () => vi.unstubAllEnvs();
});

function generate(model: string | undefined, from = checkpoint) {
  const named = model === undefined ? {} : { model };
  return generatorOf(from, { name: "x", ...named, warn: (message) => void warnings.push(message) });
}

test("the run's own module draws, once it was named, as many images at once as the run did", async () => {
  const own = join(folder, "gan.mjs");
  await expect(generate(undefined)).rejects.toThrow(`x names the model module ${own} (content `);
  const { program } = await generate(own);
  expect(program.values[program.outputs[0].value].shape).toEqual([4, 2, 2, 1]);
  await generate(undefined);
  expect(warnings).toEqual([]);
});

test("another generator is refused with both programs", async () => {
  const drawn = generate(await writeModel("edited.mjs", 0.9));
  await expect(drawn).rejects.toMatchObject({ code: "CHECKPOINT", exitCode: 2 });
  await expect(drawn).rejects.toThrow(/the program of samples was [0-9a-f]{12}… in this run, and is [0-9a-f]{12}… now: .* put the model module .*edited\.mjs back as it was/); // prettier-ignore
});

test("another dropout of the discriminator does not matter to pictures", async () => {
  await generate(await writeModel("edited.mjs", 0.2, 0.6));
});

test("a checkpoint without fingerprints draws, with one warning", async () => {
  await generate(await writeModel("edited.mjs", 0.9), { ...checkpoint, fingerprints: null });
  expect(warnings).toEqual(["x has no fingerprints: whether its generator is still the same could not be compared"]); // prettier-ignore
});

test("a position that its programs cannot have come to is refused, though it is a multiple of the batch", async () => {
  // Of three phases the two that train D take 16 samples: a step moves on by 32.
  const steps = { step: 1, version: 3, position: 48, images: 48 };
  await expect(generate(join(folder, "gan.mjs"), { ...checkpoint, ...steps })).rejects.toThrow(
    "at position 48 of the samples, and 1 steps take 32",
  );
});

test("a module beside a preset's checkpoint is a mistake", async () => {
  const run = smallConfig(3, { model: { kind: "preset", name: "digits" } });
  const config = { ...checkpoint.config, run };
  await expect(generate("gan.mjs", { ...checkpoint, config })).rejects.toThrow(
    "--model gan.mjs is for a run with a module, and the one of x has the networks of preset digits: leave it out",
  );
});
