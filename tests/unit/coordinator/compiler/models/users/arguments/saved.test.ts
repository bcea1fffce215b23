// Arguments in a saved model.json: those of Keras and tfjs pass, those that tfjs would pass over in silence do not.
import { readFile, writeFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { LAYER_ARGUMENTS } from "../../../../../../../coordinator/compiler/models/users/arguments/layer-arguments.ts";
import { checkedTopology } from "../../../../../../../coordinator/compiler/models/users/arguments/saved-arguments.ts";
import { loadKerasModel } from "../../../../../../../coordinator/compiler/models/users/saved/keras-model.ts";
import { tensorflow } from "../../../../../../../coordinator/compiler/models/users/model-context.ts";
import { useCpuBackend } from "../../../../../../../shared/program/cpu-backend.ts";
import { temporaryFolder } from "../../../../../../support/cli.ts";
import { LAYERS } from "../../../../../../support/layer-cases.ts";
import { saveModel } from "../../../../../../support/saved-model.ts";

type Config = Record<string, unknown>;

interface SavedLayer {
  readonly class_name: string;
  readonly config: Config;
  [key: string]: unknown;
}

beforeAll(() => useCpuBackend());

/** A saved model with a layer of each of these names, whose layers `change` has changed. */
async function saved(change: (config: (name: string) => Config, layers: SavedLayer[]) => void): Promise<string> {
  const { layers, regularizers, initializers } = tfl;
  const kernelInitializer = initializers.randomNormal({ stddev: 0.02 });
  const model = tfl.sequential({
    layers: [
      layers.conv2d({ filters: 2, kernelSize: 2, inputShape: [4, 4, 1], name: "conv", kernelInitializer, kernelRegularizer: regularizers.l2({ l2: 0.1 }) }),
      layers.leakyReLU({ alpha: 0.2, name: "leaky" }),
      layers.batchNormalization({ name: "norm" }),
      layers.dropout({ rate: 0.3, name: "drop" }),
      layers.reLU({ name: "relu" }),
      layers.conv2dTranspose({ filters: 1, kernelSize: 2, name: "up" }),
      layers.flatten({ name: "flat" }),
      layers.dense({ units: 3, name: "dense" }),
    ],
  });
  const file = await saveModel(model, await temporaryFolder());
  const content = JSON.parse(await readFile(file, "utf8")) as { modelTopology: { config: { layers: SavedLayer[] } } };
  const all = content.modelTopology.config.layers;
  change((name) => all.find(({ config }) => config["name"] === name)!.config, all);
  await writeFile(file, JSON.stringify(content));
  return file;
} // prettier-ignore

/** One layer's config changed: fields set, and those that are undefined taken away. */
const changed = (name: string, fields: Config): Promise<string> =>
  saved((config) => {
    for (const [key, value] of Object.entries(fields)) {
      if (value === undefined) delete config(name)[key];
      else config(name)[key] = value;
    }
  });

describe("a saved model is refused", () => {
  test.each<[layer: string, fields: Config, ...says: string[]]>([
    ["leaky", { alpha: undefined, negative_slop: 0.05 }, "layer leaky (LeakyReLU) has no argument negative_slop (given 0.05): did you mean alpha?"],
    ["leaky", { negative_slope: 0.05 }, "has two values for alpha, 0.2 and 0.05"],
    ["leaky", { alpha: undefined, negative_slope: 3 }, "is given alpha 3: it must be a number from 0 to 1"],
    ["relu", { negative_slope: 0.2 }, "layer relu (ReLU) has no argument negative_slope (given 0.2)", "save it again"],
    ["relu", { threshold: 1 }, "threshold (given 1)"],
    ["conv", { groups: 2 }, "layer conv (Conv2D) has no argument groups (given 2): tfjs has no grouped convolutions; build the network without it"],
    ["conv", { kernal_size: 3 }, "did you mean kernel_size?"],
    ["conv", { stride: 2 }, "did you mean strides?"],
    ["conv", { kernel_size: [2, -2] }, "is given kernel_size [2, -2]"],
    ["conv", { kernel_regularizer: "l2" }, 'kernel_regularizer "l2"', "tf.regularizers.l2({ l2: 0.01 })"],
    ["conv", { kernel_initializer: { class_name: "RandomNormal", config: { stdev: 1 } } }, "RandomNormal of layer conv (Conv2D) has no argument stdev (given 1): did you mean stddev?"],
    ["conv", { kernel_initializer: { class_name: "RandomNormal", config: { stddev: -1 } } }, "is given stddev -1"],
    ["conv", { kernel_regularizer: { class_name: "L1L2", config: { l1: 0, l2: -1 } } }, "L1L2 of layer conv (Conv2D) is given l2 -1"],
    ["conv", { kernel_constraint: { class_name: "MaxNorm", config: { max: 1 } } }, "did you mean max_value?"],
    ["conv", { colour: 3 }, "it takes filters, kernel_size,", "remove it from the file if it changes nothing"],
    ["up", { output_padding: [1, 1] }, "output_padding (given [1, 1]): tfjs pads no output"],
    ["norm", { renorm: true }, "renorm (given true): tfjs has no batch renormalization"],
    ["norm", { momentum: 80 }, "layer norm (BatchNormalization) is given momentum 80"],
    ["drop", { rate: 50 }, "layer drop (Dropout) is given rate 50"],
    ["drop", { rate: undefined }, "layer drop (Dropout) lacks rate"],
    ["dense", { activation: "leaky_relu" }, 'is given activation "leaky_relu"'],
  ])("whose layer %s has %o", async (name, fields, ...says) => {
    const file = await changed(name, fields);
    const loading = loadKerasModel(file);
    for (const saying of [`${file} cannot be built: `, ...says]) await expect(loading).rejects.toThrow(saying);
    await expect(loading).rejects.toMatchObject({ code: "MODEL" });
  }); // prettier-ignore

  // Keras: (4 − 1) · 2 + 3 − 2 · 1 + 0 = 7 rows; tfjs: 4 · 2 = 8
  test("whose output padding makes another size than tfjs's", () => {
    const config = { name: "up", filters: 1, kernel_size: [3, 3], strides: [2, 2], padding: "same" };
    const topology = (output_padding: unknown): Config => ({
      class_name: "Conv2DTranspose",
      config: { ...config, output_padding },
    });
    expect(() => checkedTopology("model.json", topology([0, 0]))).toThrow("output_padding (given [0, 0])");
    expect(() => checkedTopology("model.json", topology([1, 1]))).not.toThrow();
    expect(() => checkedTopology("model.json", topology(null))).not.toThrow();
  });

  test("whose depthwise convolution is dilated, which tfjs passes over", () => {
    const config = { name: "deep", kernel_size: [3, 3], dilation_rate: [2, 2] };
    expect(() => checkedTopology("model.json", { class_name: "DepthwiseConv2D", config })).toThrow(
      "layer deep (DepthwiseConv2D) is given dilation_rate [2, 2]: it must be 1",
    );
  });

  test("whose wrapped layer has an argument that tfjs does not know", () => {
    const inner = { class_name: "Dense", config: { name: "inner", units: 2, unit: 3 } };
    const wrapper = {
      class_name: "TimeDistributed",
      config: { name: "outer", layer: inner },
    };
    expect(() => checkedTopology("model.json", wrapper)).toThrow(
      "model.json cannot be built: layer inner (Dense) has no argument unit (given 3): did you mean units?",
    );
  });
});

describe("a saved model is loaded", () => {
  test("with Keras 3's name for the slope of a leaky ReLU", async () => {
    const model = await loadKerasModel(await changed("leaky", { alpha: undefined, negative_slope: 0.05 }));
    expect(model.getLayer("leaky").getConfig()["alpha"]).toBe(0.05);
    expect((await loadKerasModel(await changed("leaky", { negative_slope: null }))).layers).toHaveLength(8);
  });

  test("with keys of Keras 2 and 3 that change nothing", async () => {
    const file = await saved((config, layers) => {
      for (const layer of layers) {
        Object.assign(layer, {
          module: "keras.layers",
          registered_name: null,
          build_config: { input_shape: [null, 4, 4, 1] },
        });
        Object.assign(layer.config, { dtype: "float32", quantization_config: null });
      }
      const config3 = { mean: 0, stddev: 0.02, seed: null };
      const kernel = { module: "keras.initializers", class_name: "RandomNormal", config: config3, registered_name: null }; // prettier-ignore
      Object.assign(config("conv"), { groups: 1, kernel_initializer: kernel });
      Object.assign(config("up"), { groups: 1, output_padding: 0 }); // with "valid" it is neutral
      Object.assign(config("relu"), { max_value: null, negative_slope: 0, threshold: 0 });
      Object.assign(config("norm"), { synchronized: true, renorm: false, axis: [3] });
      Object.assign(config("drop"), { noise_shape: null, seed: 7 });
    });
    expect((await loadKerasModel(file)).layers).toHaveLength(8);
  });

  test.each<"utf8" | "utf16le">(["utf8", "utf16le"])("with a byte order mark in %s", async (encoding) => {
    const file = await changed("leaky", {});
    await writeFile(file, Buffer.from(`\ufeff${await readFile(file, "utf8")}`, encoding));
    expect((await loadKerasModel(file)).layers).toHaveLength(8);
  });

  test("with a class of the user's own, whatever its arguments", async () => {
    class Gain extends tfl.layers.Layer {
      static readonly className = "GainOfSavedTest";
      readonly p: unknown;
      constructor(args: { readonly p?: number }) {
        super(args as never);
        this.p = args.p;
      }
    }
    tf.serialization.registerClass(Gain);
    const file = await saved((_config, layers) => {
      layers.splice(1, 1, {
        class_name: "GainOfSavedTest",
        config: { name: "leaky", p: 80, negative_slope: 3 },
      });
    });
    expect((await loadKerasModel(file)).getLayer("leaky")).toBeInstanceOf(Gain);
  });

  test.each(LAYERS.filter(({ name }) => name !== "depthwiseConv2d, dilated"))(
    "as tfjs saved it: $name",
    ({ build }) => {
      const topology = build(tensorflow()).toJSON(null, false) as Config;
      expect(checkedTopology("model.json", topology)).toEqual(topology);
    },
  );
});

/** Values of the arguments that some layers must have. */
const NEEDED: Readonly<Record<string, unknown>> = {
  activation: "relu", axes: 1, cells: [], cropping: 1, dims: [1], factor: 0.5, filters: 2, height: 2, inputDim: 2,
  inputShape: [2], kernelSize: 2, n: 2, numTokens: 2, outputDim: 2, rate: 0.5, scale: 2, stddev: 0.5,
  targetShape: [2], units: 2, width: 2,
}; // prettier-ignore

test.each(Object.entries(LAYER_ARGUMENTS))(
  "the class and the config of tf.layers.%s are known",
  (name, { className, rules }) => {
    const { layers } = tensorflow();
    const needed: Config = { inputShape: [2] };
    for (const [argument, rule] of Object.entries(rules))
      if (rule.required)
        needed[argument] = NEEDED[argument] ?? layers[argument === "cell" ? "gruCell" : "gru"]({ units: 2 });
    const build = layers[name as "dense"];
    const layer = build(needed as never);
    expect(layer.getClassName()).toBe(className);
    const config = JSON.parse(JSON.stringify(layer.getConfig())) as Config;
    if (name !== "rnn")
      expect(() => build(layer.getConfig() as never)).not.toThrow(/no argument|lacks|is given/);
    const topology = pythonic({ className, config }) as Config;
    expect(checkedTopology("model.json", topology)).toEqual(topology);
  },
);

/** As tfjs writes what it saves. */
function pythonic(value: unknown, key = ""): unknown {
  if (typeof value === "string") return key === "className" || key === "name" ? value : snake(value);
  if (Array.isArray(value)) return value.map((element) => pythonic(element));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [snake(name), pythonic(field, name)]),
  );
}

function snake(name: string): string {
  return name.replace(/(.)([A-Z][a-z0-9]+)/g, "$1_$2").replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase(); // prettier-ignore
}
