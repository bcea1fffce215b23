// Resuming: a run goes on with its own data and programs, or is left as it was.
import { createHash } from "node:crypto";
import { readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { saveCheckpoint } from "../../../../coordinator/records/checkpoint/checkpoint.ts";
import { fingerprintsOf } from "../../../../coordinator/records/fingerprints.ts";
import { Updater } from "../../../../coordinator/update/update.ts";
import { recordStart } from "../../../../coordinator/records/records.ts";
import { type RunFlags, type RunSetup, setUpRun } from "../../../../deploy/run/run-setup.ts";
import { compileRun } from "../../../../coordinator/compiler/compile-run.ts";
import { displayPath } from "../../../../deploy/terminal/format.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { writeIdxFolder } from "../../../support/idx-folder.ts";

let folder: string;
let data: string;
let model: string;
let edited: string;
let flags: RunFlags;
const warnings: string[] = [];

/** Of the module, with what may be edited. */
interface Parts {
  readonly units?: number;
  readonly alpha?: number;
  readonly rate?: number;
  readonly most?: number;
  readonly start?: string;
  readonly comment?: string;
}

/** Under another name where it is to be run anew: a process loads each module once. */
async function writeModel(parts: Parts = {}, file = model): Promise<string> {
  const { units = 3, alpha = 0.2, rate = 0.3, most = 2, start = "glorotNormal", comment = "" } = parts;
  await writeFile(file, `// ${comment}
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: ${units}, inputShape: [latentSize], kernelInitializer: "${start}" }),
      tf.layers.leakyReLU({ alpha: ${alpha} }), tf.layers.dense({ units: 16 }),
      tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dropout({ rate: ${rate} }),
      tf.layers.dense({ units: 1, kernelConstraint: tf.constraints.maxNorm({ maxValue: ${most} }) })] });`); // prettier-ignore
  return file;
}

beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv("GANGLION_CACHE", join(folder, "cache"));
  data = await writeIdxFolder(join(folder, "data"), 12, [4, 4, 1], 3);
  model = join(folder, "gan.mjs");
  edited = join(folder, "edited.mjs");
  await writeModel();
  flags = { model, data, batch: 4, shard: 2, steps: 6, out: join(folder, "runs") };
  warnings.length = said.length = 0;
  return () => vi.unstubAllEnvs();
});

const said: string[] = [];
const speaker = {
  say: (sentence: string) => void said.push(sentence),
  note: () => undefined,
  progress: () => undefined,
  warn: (_code: string, message: string) => void warnings.push(message),
};

/** A run that has begun; with a checkpoint after `step` steps unless it was killed before. */
async function begin({ killed = false, fingerprints = true, step = 0 } = {}): Promise<string> {
  const setup = await setUpRun(flags, speaker);
  const { config, folder: run, train } = setup;
  const compiled = await compileRun(config, train);
  const known = await fingerprintsOf(setup, compiled);
  await recordStart(run, config, known);
  if (!fingerprints) await rm(run.fingerprintsFile);
  await writeFile(run.statusFile, '{"state":"done"}');
  const { layout, initialWeights: weights } = compiled;
  const updater = new Updater({
    config,
    layout,
    initial: weights,
    networks: Object.keys(compiled.parameters),
    steps: 6,
    runImages: 0,
  });
  const about = { run: config, imageShape: train.imageShape, classes: train.classes };
  const cursor = { step, version: step, position: step * 4, images: step * 4 };
  const { ema, optimizers: unused } = updater.state;
  const optimizers = Object.fromEntries(
    Object.entries(unused).map(([name, one]) => [name, { ...one, t: step }]),
  ); // as many updates as steps
  const state = { ...cursor, config: about, layout, weights, ema, optimizers, numerics: "none" };
  if (!killed) await saveCheckpoint(run, { ...state, fingerprints: fingerprints ? known : null });
  await run.release();
  return run.path;
}

/** Every file of a run with its content's hash. */
async function contentOf(run: string): Promise<string[]> {
  const names = (await readdir(run, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
  const files = names.map(({ parentPath, name }) => join(parentPath, name)).sort();
  return Promise.all(
    files.map(
      async (file) =>
        `${relative(run, file)} ${createHash("sha256")
          .update(await readFile(file))
          .digest("hex")}`,
    ),
  );
}

/** The run goes on, and is given free at once. */
async function resume(run: string, more: Partial<RunFlags> = {}): Promise<RunSetup> {
  const setup = await setUpRun({ out: flags.out, resume: run, ...more }, speaker);
  await setup.folder.release();
  return setup;
}

async function expectRefused(
  run: string,
  more: Partial<RunFlags>,
  ...says: (string | RegExp)[]
): Promise<void> {
  const before = await contentOf(run);
  const error: unknown = await resume(run, more).then(() => null, (thrown: unknown) => thrown); // prettier-ignore
  expect(error).toMatchObject({ exitCode: 2 });
  for (const part of says) expect((error as Error).message).toMatch(part);
  expect(await contentOf(run)).toEqual(before);
  expect((await readdir(run)).sort()).not.toContain("lock");
}

const PAIR = /was [0-9a-f]{12}… in this run, and is [0-9a-f]{12}… now/;

describe("a run goes on", () => {
  test("as it was, compiled already, also where the module has another comment and is named", async () => {
    const run = await begin();
    expect((await resume(run)).compiled?.phases).toHaveLength(1);
    await writeModel({ comment: "tidied up" });
    await resume(run, { model });
    expect(warnings).toEqual([]);
  });

  test("with more steps, and with its module and the whole command line at another place", async () => {
    const run = await begin();
    const moved = join(folder, "moved.mjs");
    await rename(model, moved);
    const { config } = await resume(run, { ...flags, model: moved, steps: 9 });
    expect(config).toMatchObject({ length: { steps: 9 }, model: { kind: "module", file: moved } });
  });

  test("with its data at another place, which it keeps; without --data it says to name that", async () => {
    const run = await begin();
    const moved = join(folder, "moved");
    await rename(data, moved);
    await expectRefused(run, {}, `there is no data set "${data}"`, "name their place with --data PATH");
    const { config, train } = await resume(run, { data: relative("", moved), steps: 9 });
    expect([config.data, train.name]).toEqual([moved, moved]);
    expect(warnings).toEqual([]);
  });

  test("when all its steps are made, and says how to give it more; with more it does not", async () => {
    const run = await begin({ step: 6 });
    await resume(run);
    const sentence = `this run has made all its 6 steps: to go on, give the steps of the whole run, as in ganglion train --resume ${displayPath(run)} --steps 12`;
    expect(said).toContain(sentence);
    said.length = 0;
    await resume(run, { steps: 7 });
    expect(said).not.toContain(sentence);
  });

  test("without fingerprints to compare, as older ones have none, with one warning that says so", async () => {
    const run = await begin({ fingerprints: false });
    await resume(run, { model: await writeModel({ alpha: 0.9 }, edited) });
    expect(warnings).toEqual([expect.stringMatching(/000000\.safetensors has no fingerprints of its data and programs: whether they are still the same could not be compared/)]); // prettier-ignore
  });
});

describe("another run is refused, and nothing changes:", () => {
  test("one pixel of the data", async () => {
    const run = await begin();
    const file = join(data, "train-images-idx4-ubyte");
    const bytes = await readFile(file);
    bytes[50] ^= 1;
    await writeFile(file, bytes);
    await expectRefused(run, {}, `was trained on ${data} with 12 images (fingerprint `, `the data are now ${data} with 12 images (fingerprint `, "put them back as they were, or start a new run"); // prettier-ignore
  });

  test("other data named with --data", async () => {
    const run = await begin();
    const other = await writeIdxFolder(join(folder, "other"), 8, [4, 4, 1], 3);
    await expectRefused(run, { data: other }, `was trained on ${data} with 12 images (fingerprint `, `the data are now ${other} with 8 images (fingerprint `); // prettier-ignore
    await expectRefused(
      run,
      { data: join(folder, "nowhere") },
      /there is no data set .* \(as MNIST comes\)$/,
    );
  });

  test("fewer images, fewer than a batch of them, and images without their labels", async () => {
    const run = await begin();
    await rm(join(data, "train-labels-idx1-ubyte"));
    await expectRefused(run, {}, "with 12 images", "put them back");
    await writeIdxFolder(data, 8, [4, 4, 1], 3);
    await expectRefused(run, {}, "with 12 images", "are now", "with 8 images");
    await writeIdxFolder(data, 2, [4, 4, 1], 2);
    await expectRefused(run, {}, "with 12 images", "are now", "with 2 images");
  });

  test.each<[string, Parts, string | RegExp]>([
    ["alpha of a leakyReLU, in both programs", { alpha: 0.9 }, /program of phase both .* \(and so samples\)/],
    ["the rate of a dropout", { rate: 0.6 }, /program of phase both .* now: the networks/],
    ["units", { units: 4 }, /the weights of the run have layout [0-9a-f]{12}…, and the networks have [0-9a-f]{12}… now/],
    ["a constraint, which is in no program", { most: 1 }, /constraints of its weights were/],
  ])("%s", async (_what, parts, says) => {
    const run = await begin();
    await writeModel(parts);
    await expectRefused(run, {}, `names the model module ${model}, whose content was`, `name it with --model ${model}`); // prettier-ignore
    await writeModel(parts, edited);
    await expectRefused(run, { model: edited }, says, `put the model module ${edited} back as it was, or start a new run`);
  }); // prettier-ignore

  test("one killed before its first checkpoint, with other data, programs or first weights", async () => {
    const run = await begin({ killed: true });
    await resume(run);
    await expectRefused(run, { model: await writeModel({ alpha: 0.9 }, edited) }, PAIR);
    const zeros = await writeModel({ start: "zeros" }, join(folder, "zeros.mjs"));
    await expectRefused(run, { model: zeros }, "the weights before the first step were");
    await writeIdxFolder(data, 8, [4, 4, 1], 3);
    await expectRefused(run, {}, "with 12 images", "with 8 images");
  });

  test("another batch or shard, on which the programs depend", async () => {
    const run = await begin();
    await expectRefused(run, { batch: 2 }, "--batch cannot change from 4 to 2");
    await expectRefused(run, { shard: 4 }, "--shard cannot change from 2 to 4");
  });

  test("a module that another folder brings, with its own hash beside it", async () => {
    const run = await begin();
    await rm(join(folder, "cache"), { recursive: true }); // as on the machine of whoever downloads it
    await expectRefused(run, {}, `the run ${run} names the model module ${model} (content `, `name it with --model ${model} if it may run`); // prettier-ignore
    const config = join(run, "config.json");
    await expectRefused(run, { config }, `the run ${run} names the model module ${model} (content `);
    await resume(run, { model });
    await resume(run); // it has been named
  });
});

test("initial weights do not count once there is a checkpoint", async () => {
  const run = await begin();
  await resume(run, { model: await writeModel({ start: "zeros" }, edited) });
});

describe("a config.json that was edited is named beside the checkpoint, which counts:", () => {
  const edit = async (run: string, change: (config: string) => string): Promise<void> => {
    const file = join(run, "config.json");
    await writeFile(file, change(await readFile(file, "utf8")));
  };

  test("the first field that differs, and a file that is no config", async () => {
    const run = await begin();
    await edit(run, (config) => config.replace(/"learningRate": [\d.]+/, '"learningRate": 0.125'));
    const { config } = await resume(run);
    expect(config.optimizer.learningRate).toBe(0.0005);
    await edit(run, () => "{");
    await resume(run);
    const counts = "the checkpoint's counts; start a new run with --config for other settings";
    expect(warnings).toEqual([
      `${join(run, "config.json")} says optimizer.learningRate 0.125, the checkpoint 0.0005: ${counts}`,
      expect.stringMatching(/config\.json cannot be read as a config \(.+\): the checkpoint's counts/),
    ]);
  });

  test("but not its encoding, where an editor has saved it anew", async () => {
    const run = await begin();
    const file = join(run, "config.json");
    await writeFile(file, Buffer.from(`\ufeff${await readFile(file, "utf8")}`, "utf16le"));
    await resume(run);
    expect(warnings).toEqual([]);
  });

  test("but not its length, what it keeps, nor where its data and module lie, which a resume may have changed", async () => {
    const run = await begin();
    await edit(run, (config) => {
      const moved = {
        length: { kind: "steps", steps: 9 },
        data: "/d",
        keep: "all",
        checkpointEvery: 9,
        model: { kind: "module", file: "/m" },
      };
      return JSON.stringify({ ...JSON.parse(config), ...moved });
    });
    await resume(run);
    expect(warnings).toEqual([]);
  });
});
