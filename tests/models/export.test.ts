// `ganglion export`: what leaves the program draws elsewhere what it draws here.
import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import * as ort from "onnxruntime-node";
import { chromium as playwright } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { readWeights } from "../../coordinator/compiler/models/weights.ts";
import { openNetworks } from "../../coordinator/compiler/trained-networks.ts";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { decodeSafetensors } from "../../coordinator/records/files/safetensors.ts";
import { stream } from "../../shared/random/random.ts";
import { runCli, trainJson } from "../support/cli.ts";
import { writeConditionalGan } from "../support/conditional-gan.ts";
import { findChromium } from "../support/find-chromium.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const chromium = findChromium("Exported pages were");
const CLASSES = 3;
const SEED = 5;
const LATENT = 64;
const folder = await mkdtemp(join(tmpdir(), "ganglion-export-"));
afterAll(() => rm(folder, { recursive: true }));
const module = await writeConditionalGan(folder);
const trainingSet = await writeIdxFolder(join(folder, "data"), 24, [4, 4, 3], CLASSES);
const TRAINING = ["--model", module, "--data", trainingSet, "--batch", "6", "--shard", "3"];
let run = "";

beforeEach(async () => {
  if (run !== "") return; // one run for all: a process may only be started within a test
  const done = await trainJson([...TRAINING, "--steps", "3", "--seed", String(SEED), "--out", folder]);
  run = String(done["run"]);
});

async function exported(...flags: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(["export", run, ...flags]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

/** Pictures as `generate` draws them, [N, 4, 4, 3] bytes. */
async function drawn(count: number, ...flags: string[]): Promise<Uint8Array> {
  const file = join(folder, "drawn.npy");
  const { code, stderr } = await runCli(["generate", run, "--count", String(count), "--out", file, ...flags]);
  expect([code, stderr]).toEqual([0, ""]);
  const bytes = await readFile(file);
  return bytes.subarray(bytes.length - count * 48);
}

/** The noise of the run's own samples. */
function noise(count: number, latentSize: number): Float32Array {
  const all = new Float32Array(count * latentSize);
  for (let i = 0; i < count; i++)
    stream(SEED, "sample", i).fillNormal(all.subarray(i * latentSize, (i + 1) * latentSize));
  return all;
}

/** What tf.loadLayersModel fetches over HTTP, from a folder. */
async function artifactsIn(models: string): Promise<tf.io.IOHandler> {
  const { modelTopology, weightsManifest } = JSON.parse(
    await readFile(join(models, "model.json"), "utf8"),
  ) as tf.io.ModelJSON;
  const weightData = new Uint8Array(await readFile(join(models, "weights.bin"))).buffer;
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  return tf.io.fromMemory({ modelTopology, weightSpecs, weightData });
}

function bytesOf(images: ArrayLike<number>): Uint8Array {
  return Uint8Array.from(images, (value) => Math.round((value + 1) * 127.5));
}

function furthest(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, byte, i) => Math.max(most, Math.abs(byte - b[i])), 0);
}

describe("an ONNX model", () => {
  test.each([1, 2, 7])("draws the pictures of generate, %i at once", async (count) => {
    const file = join(folder, "generator.onnx");
    await exported("--format", "onnx", "--out", file);
    const session = await ort.InferenceSession.create(file);
    expect([session.inputNames, session.outputNames]).toEqual([["noise", "labels"], ["images"]]);
    const labels = BigInt64Array.from({ length: count }, (_, i) => BigInt(i % CLASSES));
    const { images } = await session.run({
      noise: new ort.Tensor("float32", noise(count, LATENT), [count, LATENT]),
      labels: new ort.Tensor("int64", labels, [count]),
    });
    expect(images.dims).toEqual([count, 4, 4, 3]);
    expect(furthest(bytesOf(images.data as Float32Array), await drawn(count))).toBeLessThanOrEqual(1);
  });

  test("of the weights as trained is another one", async () => {
    await exported("--format", "onnx", "--out", join(folder, "average.onnx"));
    expect(await exported("--format", "onnx", "--raw", "--out", join(folder, "raw.onnx"))).toContain(
      "generator (its weights as trained) of step 3",
    );
    const [average, raw] = await Promise.all(["average", "raw"].map((name) => readFile(join(folder, `${name}.onnx`)))); // prettier-ignore
    expect(average.equals(raw)).toBe(false);
  });

  test("of both networks lies in the run's folder by default, and says what its ports are", async () => {
    await exported("--format", "onnx", "--network", "all");
    expect(await readdir(join(run, "exported"))).toEqual(["000003-discriminator.onnx", "000003-generator.onnx"]); // prettier-ignore
    const text = (await readFile(join(run, "exported", "000003-discriminator.onnx"))).toString("latin1");
    expect(text).toContain("images float32 [N, 4, 4, 3]: images, float32 in [-1, 1]");
    expect(text).toContain("scores float32 [N, 1]: logits");
  });
});

describe("a LayersModel", () => {
  test("loaded by plain TensorFlow.js draws the pictures of generate", async () => {
    const models = join(folder, "plain");
    await exported("--format", "layers-model", "--out", models);
    expect(await readdir(models)).toEqual([
      "README.txt",
      "ganglion-layers.mjs",
      "load.mjs",
      "model.json",
      "module.mjs",
      "weights.bin",
    ]);
    const { load } = (await import(pathToFileURL(join(models, "load.mjs")).href)) as {
      readonly load: (tf: object, source: tf.io.IOHandler) => Promise<tfl.LayersModel>;
    };
    await tf.setBackend("cpu");
    const model = await load({ ...tf, ...tfl }, await artifactsIn(models));
    const z = tf.tensor(noise(9, LATENT), [9, LATENT]);
    const labels = tf.oneHot([0, 1, 2, 0, 1, 2, 0, 1, 2], CLASSES);
    const images = (model.predict([z, labels]) as tf.Tensor).dataSync();
    expect(furthest(bytesOf(images), await drawn(9))).toBeLessThanOrEqual(1);
  });

  test("given to --generator and --discriminator begins a run with its very weights", async () => {
    const models = join(folder, "models");
    await exported("--format", "layers-model", "--network", "all", "--out", models);
    const networks = {
      generator: join(models, "generator", "model.json"),
      discriminator: join(models, "discriminator", "model.json"),
    };
    const flags = Object.entries(networks).flatMap(([name, file]) => [`--${name}`, file]);
    await trainJson([...TRAINING, "--steps", "1", ...flags, "--out", folder]);
    const { checkpoint } = await loadNewestCheckpoint(await findRun(run));
    const config = { ...checkpoint.config.run, networks };
    const again = await openNetworks(config, { imageShape: [4, 4, 3], classes: CLASSES }); // prettier-ignore
    expect(again.layout.hash).toBe(checkpoint.layout.hash); // also which are trained
    expect(readWeights(again.weights, again.layout)).toEqual(checkpoint.ema);
    again.dispose();
  });

  test("names an activation so that tfjs reads it back", async () => {
    const models = join(folder, "named");
    await exported("--format", "layers-model", "--out", models);
    expect(await readFile(join(models, "model.json"), "utf8")).toContain('"activation": "LeakyReLU"');
  });
});

test("a safetensors file says what its axes are, and has pictures to compare with", async () => {
  const file = join(folder, "networks.safetensors");
  await exported("--format", "safetensors", "--network", "all", "--out", file);
  const { tensors, metadata } = decodeSafetensors(await readFile(file), file);
  const axes = JSON.parse(metadata["axes"]) as Record<string, string[]>;
  expect(Object.keys(axes).sort()).toEqual([...tensors.keys()].filter((name) => !name.startsWith("example/")).sort()); // prettier-ignore
  const [transposed] = Object.keys(axes).filter((name) => /conv2dtranspose\/kernel/.test(name));
  expect([axes[transposed], tensors.get(transposed)!.shape]).toEqual([["h", "w", "out", "in"], [4, 4, 3, 4]]); // prettier-ignore
  const images = tensors.get("example/images")!;
  expect(furthest(bytesOf(images.data as Float32Array), await drawn(4))).toBe(0);
});

describe.skipIf(chromium === null)("a page, opened as a file without a network,", () => {
  test("draws the pictures of generate, and others as it is told", async () => {
    const page = join(folder, "page");
    await exported("--format", "web", "--out", page);
    expect(await readdir(page)).toEqual(["index.html", "model.js", "runtime.js"]);
    const browser = await playwright.launch({ executablePath: chromium!, args: ["--no-sandbox"] });
    try {
      const context = await browser.newContext({ offline: true, acceptDownloads: true });
      const tab = await context.newPage();
      const [asked, faults]: [string[], string[]] = [[], []];
      tab.on("request", (request) => void asked.push(request.url()));
      tab.on("pageerror", (error) => void faults.push(error.message));
      await tab.goto(pathToFileURL(join(page, "index.html")).href);
      await tab.locator("body[data-ready]").waitFor();
      expect([await tab.locator("#status").textContent(), faults]).toEqual(["drawn here, on the CPU (WebAssembly)", []]); // prettier-ignore
      // Colors of the small pictures, RGBA to RGB: the classes in turn, as generate has them.
      const colors = () =>
        tab.locator("#pictures canvas").evaluateAll((all) =>
          (all as unknown as PageCanvas[]).map((canvas) => [...canvas.getContext("2d").getImageData(0, 0, 4, 4).data]),
        ); // prettier-ignore
      const shown = (await colors()).map((data) => data.filter((_, i) => i % 4 !== 3));
      expect(furthest(Uint8Array.from(shown.slice(0, 9).flat()), await drawn(9))).toBeLessThanOrEqual(1);

      expect(await tab.locator("#class option").allTextContents()).toEqual(["in turn", "0", "1", "2"]);
      await tab.locator("#class").selectOption("2");
      await expect.poll(colors).not.toEqual(shown);
      const large = () => tab.locator("#large").evaluate((canvas) => (canvas as unknown as PageCanvas).toDataURL()); // prettier-ignore
      const before = await large();
      await tab.locator("#sliders input").first().fill("3");
      await expect.poll(large).not.toBe(before);
      const between = () => tab.locator("#between").evaluate((canvas) => (canvas as unknown as PageCanvas).toDataURL()); // prettier-ignore
      const middle = await between();
      await tab.locator("#along").fill("0.9");
      await expect.poll(between).not.toBe(middle);
      const [download] = await Promise.all([tab.waitForEvent("download"), tab.locator("#save").click()]);
      const { width, height } = await sharp(await download.path()).metadata();
      expect([download.suggestedFilename().endsWith(".png"), width, height]).toEqual([true, 4, 4]);
      const outside = asked.filter((url) => !/^(file|blob|data):/.test(url));
      expect([outside, faults]).toEqual([[], []]);
    } finally {
      await browser.close();
    }
  });
});

/** What of a page's canvas is used here; the tests have no types of browsers. */
interface PageCanvas {
  getContext(kind: "2d"): { getImageData(x: number, y: number, width: number, height: number): { readonly data: Uint8Array } };
  toDataURL(): string;
} // prettier-ignore

describe("what contradicts itself is refused, and writes nothing", () => {
  test.each([
    [["--format", "safetensors", "--batch", "4"], "--batch 4 is for --format onnx"],
    [["--format", "onnx", "--network", "classifier"], "has no classifier, choose generator or discriminator"],
    [["--format", "onnx", "--out", "x.pb"], "end it in .onnx, or name a folder"],
    [["--format", "onnx", "--network", "all", "--out", "x.onnx"], "is one file, and --network all makes two"],
    [["--format", "web", "--network", "discriminator"], "a page draws with the generator alone"],
  ])("%j", async (flags, message) => {
    const { code, stderr } = await runCli(["export", run, ...flags]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) });
    for (const name of ["x.pb", "x.onnx"]) await expect(stat(name)).rejects.toThrow("ENOENT");
  });

  test("a folder with files of others stays", async () => {
    const { code, stderr } = await runCli(["export", run, "--format", "layers-model", "--out", trainingSet]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining("which would be lost") });
    expect(await readdir(trainingSet)).not.toEqual([]);
  });
});
