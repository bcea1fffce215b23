// Mistakes in users' networks and losses: each answered with the layer, what came in, what was expected, and the line.
import { cp, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../../../shared/config/config.ts";
import { withOwnLatentSize } from "../../../../../coordinator/compiler/models/latent-size.ts";
import { compileRun } from "../../../../../coordinator/compiler/compile-run.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { saveModel } from "../../../../support/saved-model.ts";

const IMAGES = { imageShape: [6, 5, 1], classes: 3 } as const;

const G = `export function generator({ tf, imageShape, latentSize }) {
  return tf.sequential({ layers: [
    tf.layers.dense({ units: 30, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: [...imageShape] }),
  ] });
}`;
const D = `export function discriminator({ tf, imageShape }) {
  return tf.sequential({ layers: [tf.layers.flatten({ inputShape: [...imageShape] }), tf.layers.dense({ units: 1 })] });
}`;
/** A discriminator of these layers, on line 6. */
const withD = (layers: string): string =>
  `${G}\nexport const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [${layers}] });`;
/** Losses whose body begins on line 10. */
const withLosses = (body: string): string =>
  `${G}\n${D}\nexport function losses({ tf, generator, discriminator, samples, noise, sampels, gradients }) {\n${body}\n}`;

const conv = (filters: number, kernelSize: number, more = ""): string =>
  `tf.layers.conv2d({ filters: ${filters}, kernelSize: ${kernelSize}, ${more} })`;

const FIRST = "inputShape: [...imageShape]";

describe("a module is refused that", () => {
  test.each<[what: string, module: string, ...says: (string | RegExp)[]]>([
    ["gives a layer an input of the wrong rank", withD(`tf.layers.flatten({ ${FIRST} }), ${conv(3, 2)}`), /discriminator of .*: layer conv2d_Conv2D\d+ \(Conv2D\), given \[\?, 30\]: .*expected ndim=4, found ndim=2 \(model.mjs:6\)/],
    ["has a kernel larger than the image", withD(`${conv(3, 3, FIRST)}, ${conv(3, 9, 'name: "large"')}`), "Negative dimension size caused by adding layer large with input shape [,4,3,3]", "(model.mjs:6)"],
    ["reshapes to another number of elements", G.replace("units: 30", "units: 7") + D, /layer reshape_Reshape\d+ \(Reshape to \[6, 5, 1\]\) of the generator, given \[\d+, 7\]/],
    ["merges what does not match", `${G}\nexport function discriminator({ tf, imageShape }) { const x = tf.input({ shape: [...imageShape] });\n const both = tf.layers.add({ name: "sum" }).apply([${conv(2, 3)}.apply(x), ${conv(3, 3)}.apply(x)]); return tf.model({ inputs: x, outputs: both }); }`, "layer sum (Add), given [?, 4, 3, 2] and [?, 4, 3, 3]", "(model.mjs:7)"],
    ["names an op that is none", withD("tf.layers.dens({ units: 1 })"), "tf.layers.dens is not a function (model.mjs:6)"],
    ["gives the first layer no input shape", withD("tf.layers.dense({ units: 1 })"), "inputShape", "(model.mjs:6)"],
    ["has no layers", withD(""), "discriminator of", "has no layers"],
    ["returns a layer", `${G}\nexport const discriminator = ({ tf }) => tf.layers.dense({ units: 1, name: "lonely" });`, "returned the layer lonely, not a model"],
    ["returns nothing", `${G}\nexport function discriminator() {}`, "returned nothing", "return model"],
    ["returns a promise", `${G}\nexport async function discriminator() {}`, "it returned a promise", "discriminator"],
    ["returns a promise of another's", `${G}\nexport function discriminator() { return Promise.resolve(3); }`, "it returned a promise: return a model", "--discriminator model.json"],
    ["shares weights between its networks", `let shared;\n${G.replace("return", 'shared = tf.layers.dense({ units: 30, name: "shared" }); return').replace("tf.layers.reshape", "shared, tf.layers.reshape")}\nexport const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [tf.layers.flatten({ ${FIRST} }), shared, tf.layers.dense({ units: 1 })] });`, "layer shared of the discriminator shares weights with layer shared of the generator"],
    ["freezes a whole network", G + D.replace("units: 1", "units: 1, trainable: false"), "the discriminator has no trainable weights", "trainable: true"],
    ["has another latentSize than the run", `export const latentSize = 4;\n${G}\n${D}`, "exports latentSize 4, and the run's is 100"],
    ["is written for other classes", `export const classes = 10;\n${G}\n${D}`, "exports classes = 10, and the data set", "has 3 different labels: give data with as many different labels, or leave that export out"],
    ["draws images whose size shows only in the step", `${G.replace("[...imageShape]", "[6, null, 1]").replace("units: 30", "units: 36")}
export const discriminator = ({ tf }) => tf.sequential({ layers: [${conv(2, 3, "inputShape: [null, null, 1]")}, tf.layers.globalAveragePooling2d({}), tf.layers.dense({ units: 1 })] });`, "the generator makes [64, 6, 6, 1] of 64 noise vectors, and [64, 6, 5, 1] is needed"],
    ["names one export wrongly", G.replace("generator(", "Generater(") + D, "has no generator", "did you mean that by Generater?"],
    ["exports a loss by nearly its name", `${G}\n${D}\nexport const loss = () => 3;`, "exports loss", "did you mean losses?"],
    ["exports a network that is no function", `export const generator = 3;\n${D}`, "exports generator as number"],
    ["exports a latentSize that is none", `export const latentSize = 2.5;\n${G}\n${D}`, "exports latentSize 2.5: give a whole number"],
    ["throws as it is loaded", "const nothing = undefined;\nnothing.here();", "(model.mjs:2)"],
    ["imports a file that is not there", 'import "./other.mjs";', "other.mjs", "write that file"],
  ])("%s", (_what, module, ...says) => expectRefused("MODEL", module, says)); // prettier-ignore

  test.each<[what: string, body: string, ...says: (string | RegExp)[]]>([
    ["a loss that is no scalar", "const score = discriminator(generator(noise)); return { discriminator: score, generator: tf.mean(score) };", /losses of model.mjs: discriminator is a tensor of shape \[\d+, 1\], and a scalar tensor is needed/],
    ["a loss that is a number", "return { discriminator: 1, generator: 2 };", "discriminator is number"],
    ["a loss that is counted, not computed", "const score = tf.mean(discriminator(samples)); return { discriminator: score, generator: tf.cast(score, 'int32') };", "generator is of type int32", "with no cast"],
    ["a gradient of something else", "const [slope] = gradients(tf.mean(discriminator(samples)), [noise]); return { discriminator: tf.mean(slope) };", /does not depend on source 0, of shape \[\d+, 100\]/, "(model.mjs:10)"],
    ["a gradient without a list", "const [slope] = gradients(tf.mean(discriminator(samples)), samples); return { discriminator: tf.mean(slope) };", "gradients(loss, [samples])", "(model.mjs:10)"],
    ["no loss for G", "return { discriminator: tf.mean(discriminator(samples)) };", "generator is undefined"],
    ["nothing", "", "discriminator is undefined"],
    ["a loss that has no weight in it", "return { discriminator: tf.mean(discriminator(samples)), generator: tf.mean(samples) };", "the loss of the generator does not depend on its weights"],
    ["a network applied to what is not there", "return { discriminator: tf.mean(discriminator(sampels)) };", "of the discriminator, given undefined", "(model.mjs:10)"],
    ["a network applied to a wrong shape", "return { discriminator: tf.mean(discriminator(noise)) };", /layer flatten_Flatten\d+ \(Flatten\) of the discriminator, given \[\d+, 100\]/, "(model.mjs:10)"],
    ["shapes that do not meet", "return { discriminator: tf.mean(tf.add(samples, noise)) };", "6,5,1 and", "(model.mjs:10)"],
  ])("returns from losses %s", (_what, body, ...says) => expectRefused("MODEL", withLosses(body), says)); // prettier-ignore

  test("returns a promise from losses", () =>
    expectRefused("MODEL", withLosses("").replace("export function losses", "export async function losses"), [
      "losses of model.mjs: it returned a promise",
    ]));

  test.each(["dataSync()", "arraySync()", "print()", "data().then(() => 0)"])(
    "reads a value in losses with %s",
    (read) =>
      expectRefused(
        "TRACE",
        withLosses(
          `const score = tf.mean(discriminator(samples)); score.${read}; return { discriminator: score };`,
        ),
        ["losses of model.mjs", "reads a value", "(model.mjs:10)"],
      ),
  );
});

describe("a saved model is refused", () => {
  /** A saved generator whose files `change` has spoilt. */
  async function expectSavedRefused(
    change: (file: string) => Promise<string | void>,
    ...says: string[]
  ): Promise<void> {
    await useCpuBackend();
    const folder = await temporaryFolder();
    const model = tfl.sequential({
      layers: [
        tfl.layers.dense({ units: 30, inputShape: [8] }),
        tfl.layers.reshape({ targetShape: [6, 5, 1] }),
      ],
    });
    const file = await saveModel(model, folder);
    const changed = (await change(file)) ?? file;
    const config = parseConfig({
      model: { kind: "preset", name: "digits" },
      networks: { generator: changed },
      latentSize: 8,
      length: { kind: "steps", steps: 1 },
    });
    await expectMistake(compileRun(config, IMAGES), "MODEL", says);
  }
  const rewrite =
    (name: string, content: string | Buffer) =>
    async (file: string): Promise<string> => {
      await writeFile(join(dirname(file), name), content);
      return file;
    };

  test("when it is not there", () =>
    expectSavedRefused(
      (file) => Promise.resolve(`${file}.gone`),
      "there is no such file",
      "LayersModel.save",
    ));
  test("when its weight file is not there", () =>
    expectSavedRefused(
      async (file) => {
        const alone = join(dirname(file), "alone");
        await mkdir(alone);
        await cp(file, join(alone, "model.json"));
        return join(alone, "model.json");
      },
      "weights.bin, which cannot be read",
      "copy it beside the model",
    ));
  test("when its weight file is short", () =>
    // 8·30 kernel and 30 bias elements of 4 bytes
    expectSavedRefused(
      rewrite("weights.bin", Buffer.alloc(100)),
      "weights.bin should have 1080 bytes and has 100",
    ));
  test("when it is JSON of something else", () =>
    expectSavedRefused(rewrite("model.json", '{"name": "x"}'), "modelTopology"));
  test("when it is no JSON", () =>
    expectSavedRefused(
      rewrite("model.json", "PK\n\n"),
      "line 1, column 1: a value is due, and PK stands there",
      "tensorflowjs_converter",
    ));
  test("when the run has no such network", async () => {
    const config = parseConfig({
      task: "classifier",
      model: { kind: "preset", name: "seed-cnn" },
      networks: { generator: "model.json" },
      length: { kind: "steps", steps: 1 },
    });
    await expectMistake(compileRun(config, IMAGES), "MODEL", ["a classifier run has no generator: leave"]);
  });
  test("when it is a graph model", () =>
    expectSavedRefused(
      rewrite("model.json", '{"format": "graph-model"}'),
      "a graph model, which cannot be trained",
    ));
  test("when its weights lie elsewhere", () =>
    expectSavedRefused(
      rewrite(
        "model.json",
        JSON.stringify({
          modelTopology: {},
          weightsManifest: [{ paths: ["../../secret.bin"], weights: [] }],
        }),
      ),
      "../../secret.bin, outside its folder",
    ));
});

describe("the latentSize", () => {
  test("is the one that the module exports, and a conflict is told", async () => {
    const config = await moduleConfig(`export const latentSize = 4;\n${G}\n${D}`);
    expect((await withOwnLatentSize(config, undefined)).latentSize).toBe(4);
    expect((await withOwnLatentSize(config, 4)).latentSize).toBe(4);
    await expectMistake(withOwnLatentSize(config, 5), "CONFIG", ["latentSize is 5", "is made for 4"]);
  });

  test("is that of a saved generator's input", async () => {
    await useCpuBackend();
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 30, inputShape: [8] })] });
    const generator = await saveModel(model, await temporaryFolder());
    const config = { ...(await moduleConfig(G)), networks: { generator } };
    expect((await withOwnLatentSize(config, undefined)).latentSize).toBe(8);
  });
});

test("one default export, an object, stands for named ones", async () => {
  const module = `${G}\n${D}`.replaceAll("export function", "function");
  const config = await moduleConfig(`${module}\nexport default { generator, discriminator };`);
  expect(Object.keys((await compileRun(config, IMAGES)).networks)).toEqual(["generator", "discriminator"]);
});

test("tensors have the methods that tfjs gives them: x.mean() for tf.mean(x)", async () => {
  const losses = `const real = discriminator(samples).sigmoid().log().mean().neg();
    const fake = discriminator(generator(noise)).flatten().square().sum().toFloat().asScalar();
    return { discriminator: real.add(fake), generator: fake };`;
  const config = await moduleConfig(withLosses(losses));
  expect((await compileRun(config, IMAGES)).phases).toHaveLength(1);
  await useCpuBackend();
  const methods = tf.tensor1d([1, 2]) as unknown as { concat(other: tf.Tensor): tf.Tensor };
  expect([...methods.concat(tf.tensor1d([3])).dataSync()]).toEqual([1, 2, 3]);
});

async function expectRefused(
  code: string,
  module: string,
  says: readonly (string | RegExp)[],
): Promise<void> {
  await expectMistake(
    moduleConfig(module).then((config) => compileRun(config, IMAGES)),
    code,
    says,
  );
}

/** One sentence, on one line, of an error that ends the program with 2. */
async function expectMistake(
  promise: Promise<unknown>,
  code: string,
  says: readonly (string | RegExp)[],
): Promise<void> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ name: "GanglionError", code, exitCode: 2 });
  const { message } = error as Error;
  for (const part of says) expect(message).toMatch(part);
  expect(message).not.toContain("\n");
}

async function moduleConfig(source: string): Promise<ReturnType<typeof parseConfig>> {
  const file = join(await temporaryFolder(), "model.mjs"); // each its own file: a module is loaded once by its path
  await writeFile(file, source);
  return parseConfig({ model: { kind: "module", file }, length: { kind: "steps", steps: 1 } });
}
