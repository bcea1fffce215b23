// Arguments in a user's module that tfjs would pass over in silence: each is refused with its line and what was meant.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { parseConfig } from "../../../../../../../shared/config/config.ts";
import { LAYER_ARGUMENTS } from "../../../../../../../coordinator/compiler/models/users/arguments/layer-arguments.ts";
import {
  CONSTRAINT_ARGUMENTS,
  INITIALIZER_ARGUMENTS,
  REGULARIZER_ARGUMENTS,
} from "../../../../../../../coordinator/compiler/models/users/arguments/object-arguments.ts";
import { tensorflow } from "../../../../../../../coordinator/compiler/models/users/model-context.ts";
import { buildNetworks } from "../../../../../../../coordinator/compiler/models/networks.ts";
import { compileRun } from "../../../../../../../coordinator/compiler/compile-run.ts";
import { useCpuBackend } from "../../../../../../../shared/program/cpu-backend.ts";
import { temporaryFolder } from "../../../../../../support/cli.ts";

const IMAGES = { imageShape: [6, 5, 1], classes: 0 } as const;

beforeAll(() => useCpuBackend());

/** The config of a module with this text. */
async function module(text: string): Promise<ReturnType<typeof parseConfig>> {
  const file = join(await temporaryFolder(), "model.mjs");
  await writeFile(file, text);
  return parseConfig({
    model: { kind: "module", file },
    data: "random",
    latentSize: 4,
    length: { kind: "steps", steps: 1 },
  });
}

/** A generator that makes something on line 4, and no network. */
const making = (what: string): string =>
  `export function generator({ tf }) {\n  const L = tf.layers;\n  const made =\n    ${what};\n}\nexport const discriminator = generator;`;

describe("a module is refused that makes", () => {
  test.each<[what: string, ...says: string[]]>([
    ["L.leakyReLU({ negativeSlope: 0.2 })", "tf.layers.leakyReLU has no argument negativeSlope (given 0.2): did you mean alpha?"],
    ["L.leakyReLU({ negative_slope: 0.2 })", "no argument negative_slope (given 0.2): did you mean alpha?"],
    ["L.leakyReLU({ alpha: -0.2 })", "is given alpha -0.2: it must be a number from 0 to 1"],
    ["L.leakyReLU({ alpha: 20 })", "is given alpha 20"],
    ["L.leakyReLU(0.2)", "tf.layers.leakyReLU is given 0.2: put all in one object, tf.layers.leakyReLU({ alpha: … })"],
    ["L.reLU({ negativeSlope: 0.2 })", "negativeSlope (given 0.2)", "take tf.layers.leakyReLU({ alpha: 0.2 })"],
    ["L.elu({ alpha: 0.5 })", "is given alpha 0.5: it must be 1"],
    ["L.thresholdedReLU({ threshold: 2 })", "did you mean theta?"],
    ["L.prelu({ alpha: 0.2 })", "did you mean alphaInitializer?"],
    ["L.conv2d({ filters: 2, kernal_size: 3 })", "tf.layers.conv2d has no argument kernal_size (given 3): did you mean kernelSize?"],
    ["L.conv2d({ filters: 2, kernelSize: 3, stride: 2 })", "stride (given 2): did you mean strides?"],
    ["L.conv2d({ filters: 2, kernelSize: 3, use_bias: false })", "use_bias (given false): did you mean useBias?"],
    ["L.conv2d({ filters: 2, kernelSize: 3, pading: 'same' })", 'pading (given "same"): did you mean padding?'],
    ["L.conv2d({ filters: 2, kernelSize: 3, dilation_rate: 2 })", "did you mean dilationRate?"],
    ["L.conv2d({ filters: 2, kernelSize: 3, activaton: 'relu' })", "did you mean activation?"],
    ["L.conv2d({ filters: 2, kernelSize: 3, kernel_initializer: 'heNormal' })", "did you mean kernelInitializer?"],
    ["L.conv2d({ filters: 2, kernelSize: 3, groups: 2 })", "groups (given 2): tfjs has no grouped convolutions; leave it out"],
    ["L.conv2d({ filters: 2.5, kernelSize: 3 })", "is given filters 2.5: it must be a whole number above 0"],
    ["L.conv2d({ filters: 2, kernelSize: [3, 3, 3] })", "a whole number above 0 or a list of 2"],
    ["L.conv2d({ filters: 2, kernelSize: 3, strides: 0 })", "is given strides 0"],
    ["L.conv2d({ filters: 2, kernelSize: 3, padding: 1 })", 'is given padding 1: it must be "valid" or "same"'],
    ["L.conv2dTranspose({ filters: 2, kernelSize: 3, outputPadding: 1 })", "outputPadding (given 1): tfjs pads no output; leave it out"],
    ["L.separableConv2d({ filters: 2, kernelSize: 3, pointwiseInitializer: 'zeros' })", 'ignores pointwiseInitializer (given "zeros") in tfjs'],
    ["L.conv2dTranspose({ filters: 2, kernelSize: 3, dilationRate: 2 })", "is given dilationRate 2: it must be 1"],
    ["L.depthwiseConv2d({ kernelSize: 3, kernelInitializer: 'zeros' })", 'kernelInitializer (given "zeros") in tfjs: did you mean depthwiseInitializer?'],
    ["L.upSampling2d({ size: 2 })", "is given size 2: it must be a list of 2 whole numbers above 0"],
    ["L.maxPooling2d({ pool_size: 3 })", "did you mean poolSize?"],
    ["L.dropout({ p: 0.3 })", "tf.layers.dropout has no argument p (given 0.3): did you mean rate?"],
    ["L.dropout({})", "tf.layers.dropout lacks rate: give a number from 0 to below 1"],
    ["L.dropout()", "lacks rate"],
    ["L.dropout({ rate: undefined })", "lacks rate"],
    ["L.dropout({ rate: 50 })", "is given rate 50: it must be a number from 0 to below 1"],
    ["L.dropout({ rate: 1 })", "is given rate 1"],
    ["L.dropout({ rate: -0.5 })", "is given rate -0.5"],
    ["L.dropout({ rate: NaN })", "is given rate NaN"],
    ["L.dropout({ rate: '0.3' })", 'is given rate "0.3"'],
    ["L.gaussianDropout({ rate: 50 })", "is given rate 50"],
    ["L.spatialDropout1d({ rate: 1 })", "is given rate 1"],
    ["L.alphaDropout({})", "lacks rate"],
    ["L.gaussianNoise({ sigma: 0.1 })", "sigma (given 0.1): did you mean stddev?"],
    ["L.gaussianNoise({})", "lacks stddev"],
    ["L.gaussianNoise({ stddev: -1 })", "is given stddev -1"],
    ["L.batchNormalization({ momentun: 0.8 })", "did you mean momentum?"],
    ["L.batchNormalization({ eps: 0.1 })", "did you mean epsilon?"],
    ["L.batchNormalization({ decay: 0.9 })", "did you mean momentum?"],
    ["L.batchNormalization({ momentum: 80 })", "is given momentum 80: it must be a number from 0 to 1"],
    ["L.batchNormalization({ epsilon: 0 })", "is given epsilon 0"],
    ["L.layerNormalization({ axes: [1] })", "axes (given [1]): did you mean axis?"],
    ["L.gru({ units: 2, returnSequence: true })", "did you mean returnSequences?"],
    ["L.lstm({ units: 2, dropout: 2 })", "is given dropout 2"],
    ["new L.RNN({ cell: L.gruCell({ units: 2 }), return_sequences: true })", "new tf.layers.RNN", "did you mean returnSequences?"],
    ["L.dense(64, 'relu')", "tf.layers.dense is given 64: put all in one object"],
    ["L.dense({ units: 6 }, { activation: 'relu' })", 'is given { activation: "relu" } besides its arguments'],
    ["L.dense({ units: '64' })", 'is given units "64"'],
    ["L.dense({ units: 6, useBias: 'false' })", "it must be true or false"],
    ["L.dense({ units: 6, inputShape: [undefined] })", "is given inputShape [undefined]"],
    ["L.dense({ units: 6, colour: 3 })", "colour (given 3): it takes units, activation,"],
    ["L.dense({ units: 6, constructor: 3 })", "no argument constructor (given 3)"],
    ["L.dense({ units: 6, activation: 'leaky_relu' })", "add tf.layers.leakyReLU({ alpha: 0.2 }) after the layer"],
    ["L.dense({ units: 6, activation: 'silu' })", 'did you mean "swish"?'],
    ["L.dense({ units: 6, kernelRegularizer: 'l2' })", 'kernelRegularizer "l2": write tf.regularizers.l2({ l2: 0.01 })'],
    ["L.dense({ units: 6, kernelRegularizer: 0.01 })", "it must be made by tf.regularizers"],
    ["L.dense({ units: 6, kernelRegularizer: tf.regularizers.l2 })", "call it: tf.regularizers.l2(…)"],
    ["L.dense({ units: 6, kernelInitializer: 'he_normal' })", 'did you mean "heNormal"?'],
    ["L.dense({ units: 6, kernelInitializer: { className: 'RandomNormal', config: { stdev: 1 } } })", "RandomNormal has no argument stdev (given 1): did you mean stddev?"],
    ["L.add([tf.input({ shape: [3] })])", "build it first and apply it then, tf.layers.add(…).apply(…)"],
    ["tf.regularizers.l2({ lambda: 0.1 })", "tf.regularizers.l2 has no argument lambda (given 0.1): did you mean l2?"],
    ["tf.regularizers.l1l2({ l1: -1 })", "is given l1 -1"],
    ["tf.initializers.randomNormal({ std: 0.02 })", "tf.initializers.randomNormal has no argument std (given 0.02): did you mean stddev?"],
    ["tf.initializers.randomUniform({ minval: 0.1 })", "has a minval of 0.1, above its maxval of 0.05"],
    ["tf.initializers.varianceScaling({ distribution: 'truncatedNormal' })", 'it must be "normal" or "uniform"'],
    ["tf.initializers.zeros({ value: 1 })", "no argument value (given 1): it takes none"],
    ["tf.constraints.maxNorm({ max: 2 })", "did you mean maxValue?"],
    ["tf.constraints.minMaxNorm({ rate: 3 })", "is given rate 3"],
    ["tf.sequential([L.dense({ units: 3 })])", "tf.sequential({ layers: … })"],
    ["tf.sequential({ layer: [] })", "did you mean layers?"],
    ["tf.model({ input: 1, outputs: 2 })", "did you mean inputs?"],
    ["tf.input({ inputShape: [3] })", "did you mean shape?"],
  ])("%s", async (what, ...says) => {
    const building = buildNetworks(await module(making(what)), IMAGES);
    for (const saying of says) await expect(building).rejects.toThrow(saying);
    await expect(building).rejects.toMatchObject({ code: "MODEL" });
    await expect(building).rejects.toThrow(/^generator of .*model\.mjs: .*\(model\.mjs:4\)$/);
  }); // prettier-ignore

  test("a layer so in a custom layer", async () => {
    const wrong = making(`new (class Wrap extends L.Layer {
      static className = "Wrap";
      build() { this.inner = L.dense({ unit: 3 }); }
      computeOutputShape(shape) { return shape; }
    })({ name: "wrap" }).apply(tf.input({ shape: [4] }))`);
    await expect(buildNetworks(await module(wrong), IMAGES)).rejects.toThrow(
      /layer wrap \(Wrap\), given \[\?, 4\]: tf.layers.dense has no argument unit \(given 3\): did you mean units\? \(model.mjs:6\)$/,
    );
  });
});

test("losses are refused that make a layer so", async () => {
  const network = (...layers: string[]): string => `tf.sequential({ layers: [${layers.join(", ")}] })`;
  const config = await module(`
export const generator = ({ tf }) => ${network("tf.layers.dense({ units: 30, inputShape: [4] })", "tf.layers.reshape({ targetShape: [6, 5, 1] })")};
export const discriminator = ({ tf }) => ${network("tf.layers.flatten({ inputShape: [6, 5, 1] })", "tf.layers.dense({ units: 1 })")};
export function losses({ tf, discriminator, samples }) {
  const score = tf.layers.leakyReLU({ slope: 0.2 }).apply(discriminator(samples));
  return { discriminator: tf.mean(score), generator: tf.mean(score) };
}`);
  await expect(compileRun(config, IMAGES)).rejects.toThrow(
    "losses of model.mjs: tf.layers.leakyReLU has no argument slope (given 0.2): did you mean alpha? (model.mjs:5)",
  );
});

describe("every factory", () => {
  const { layers, initializers, regularizers, constraints } = tensorflow() as unknown as Record<
    string,
    Readonly<Record<string, (args: unknown) => unknown>>
  >;
  const tables = [
    { path: "layers", table: LAYER_ARGUMENTS, factories: layers },
    { path: "initializers", table: INITIALIZER_ARGUMENTS, factories: initializers },
    { path: "regularizers", table: REGULARIZER_ARGUMENTS, factories: regularizers },
    { path: "constraints", table: CONSTRAINT_ARGUMENTS, factories: constraints },
  ];
  const all = tables.flatMap(({ path, table, factories }) =>
    Object.keys(table).map((name) => ({ name: `tf.${path}.${name}`, factory: factories[name] })),
  );

  test.each(all)("$name refuses an argument that it does not have", ({ name, factory }) => {
    expect(() => factory({ nonesuch: 1 })).toThrow(`${name} has no argument nonesuch (given 1)`);
    expect(() => factory("nonesuch")).toThrow(`${name} is given "nonesuch"`);
  });
});

describe("it is accepted", () => {
  const { layers, initializers, sequential } = tensorflow();

  test("that an argument is undefined, whatever its name, or null where tfjs knows it", () => {
    const args = { units: 2, colour: undefined, activation: null, name: undefined };
    expect(layers.dense(args as never).getConfig()["units"]).toBe(2);
  });

  test("that factories are mapped over a list of arguments", () => {
    const made = [{ units: 2 }, { units: 3 }].map(layers.dense);
    expect(made.map((layer) => layer.getConfig()["units"])).toEqual([2, 3]);
  });

  test("that a layer is made from another's config", () => {
    const first = layers.conv2d({ filters: 2, kernelSize: 3, activation: "relu", inputShape: [4, 4, 1] });
    const second = layers.conv2d(first.getConfig() as never);
    expect(second.getConfig()).toEqual(first.getConfig());
  });

  test("that a user's own class takes arguments of its own, whatever it extends", () => {
    class Noise extends layers.Layer {
      static readonly className = "Noise";
      constructor(readonly args: { readonly p: number; readonly units: number }) {
        super(args as never);
      }
    }
    class Cells extends layers.RNN {
      static override readonly className = "Cells";
    }
    const cell = layers.gruCell({ units: 2 });
    expect(new Noise({ p: 50, units: -1 })).toBeInstanceOf(tfl.layers.Layer);
    expect(new Cells({ cell, depth: 3 } as never)).toBeInstanceOf(tfl.layers.RNN);
    expect(new layers.RNN({ cell })).toBeInstanceOf(tfl.layers.RNN);
    expect(sequential({ layers: [] })).toBeInstanceOf(tfl.Sequential);
  });

  test("that an initializer's bound or deviation is 0, which tfjs by itself replaces by its default", () => {
    const { randomUniform, randomNormal, truncatedNormal } = initializers;
    const upper = randomUniform({ minval: 0, maxval: 1 }).apply([1000]).dataSync();
    expect(Math.min(...upper)).toBeGreaterThanOrEqual(0);
    const lower = randomUniform({ minval: -1, maxval: 0 }).apply([1000]).dataSync();
    expect(Math.max(...lower)).toBeLessThanOrEqual(0);
    for (const none of [randomNormal({ stddev: 0 }), truncatedNormal({ stddev: 0 })])
      expect(none.apply([10]).abs().sum().dataSync()[0]).toBe(0);
  });
});
