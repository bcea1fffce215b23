// A network with layers of the context's `layers`, saved: other programs load it, and training goes on from it.
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type * as core from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { stream } from "../../shared/random/random.ts";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const MODULE = fileURLToPath(new URL("../support/users-models/gan-layers.js", import.meta.url));
/** The package of TensorFlow.js for everybody: another copy of its classes than the one that trains here. */
const tf = createRequire(import.meta.url)("@tensorflow/tfjs") as typeof core & typeof tfl;

async function run(...flags: string[]): Promise<void> {
  const { code, stderr } = await runCli(flags);
  expect([code, stderr]).toEqual([0, ""]);
}

test("is loaded by another copy of TensorFlow.js, draws what generate draws, and is trained on from", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 24, [4, 6, 1], 3);
  const flags = ["--data", data, "--batch", "8", "--shard", "4", "--out", folder, "--seed", "5"];
  const done = await trainJson(["--model", MODULE, ...flags, "--steps", "3"]);
  const trained = String(done["run"]);
  const models = join(folder, "models");
  await run("export", trained, "--format", "layers-model", "--network", "all", "--out", models);
  const [generator, discriminator] = ["generator", "discriminator"].map((name) => join(models, name));
  expect(await readdir(generator)).toEqual(["README.txt", "ganglion-layers.mjs", "load.mjs", "model.json", "weights.bin"]); // prettier-ignore

  const made = (await loaded(generator)).predict([noise(4), classes(4)]) as core.Tensor;
  const pictures = join(folder, "pictures.npy");
  await run("generate", trained, "--count", "4", "--out", pictures);
  const bytes = (await readFile(pictures)).subarray(-4 * 24);
  const own = Array.from(made.dataSync(), (value) => Math.round((value + 1) * 127.5));
  for (const [i, byte] of bytes.entries()) expect(Math.abs(own[i] - byte)).toBeLessThanOrEqual(1);
  const judged = (await loaded(discriminator)).predict([made, classes(4)]) as core.Tensor;
  expect(judged.shape).toEqual([4, 1]);

  const saved = ["--generator", join(generator, "model.json"), "--discriminator", join(discriminator, "model.json")]; // prettier-ignore
  const on = await trainJson([...saved, ...flags, "--steps", "2"]);
  expect(on["weightsHash"]).toMatch(/^[0-9a-f]{64}$/);
  const further = await trainJson(["--resume", String(on["run"]), "--steps", "3"]);
  expect(further["steps"]).toBe(3);
}, 120_000);

async function loaded(folder: string): Promise<tfl.LayersModel> {
  const { registerLayers } = (await import(pathToFileURL(join(folder, "load.mjs")).href)) as {
    registerLayers: (all: unknown) => void;
  };
  registerLayers(tf);
  const { modelTopology, weightsManifest } = JSON.parse(await readFile(join(folder, "model.json"), "utf8")) as {
    modelTopology: object;
    weightsManifest: { weights: core.io.WeightsManifestEntry[] }[];
  }; // prettier-ignore
  const weightData = Uint8Array.from(await readFile(join(folder, "weights.bin"))).buffer;
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData })); // prettier-ignore
}

/** Of the run's own samples: [N, 64]. */
function noise(count: number): core.Tensor {
  const all = new Float32Array(count * 64);
  for (let i = 0; i < count; i++) stream(5, "sample", i).fillNormal(all.subarray(i * 64, (i + 1) * 64));
  return tf.tensor(all, [count, 64]);
}

/** The classes in turn, one-hot. */
function classes(count: number): core.Tensor {
  const rows = Array.from({ length: count }, (_, i) => [0, 1, 2].map((c) => (c === i % 3 ? 1 : 0)));
  return tf.tensor2d(rows);
}
