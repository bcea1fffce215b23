// What Keras has saved and tfjs cannot be, said with the file, the layer and what to do in Python.
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { buildNetwork } from "../../../../../../../coordinator/compiler/models/users/saved/build-network.ts";
import { loadKerasModel } from "../../../../../../../coordinator/compiler/models/users/saved/keras-model.ts";
import type {
  Json,
  SavedWeight,
} from "../../../../../../../coordinator/compiler/models/users/saved/saved-network.ts";
import { useCpuBackend } from "../../../../../../../shared/program/cpu-backend.ts";
import { temporaryFolder } from "../../../../../../support/cli.ts";

const FIXTURES = join(import.meta.dirname, "../../../../../../fixtures/keras3");

beforeAll(() => useCpuBackend());

/** The judge's model.json with some of its text replaced, and its weights. */
async function changed(...changes: readonly (readonly [from: string, to: string])[]): Promise<string> {
  const source = join(FIXTURES, "judge-converted-from-h5");
  const folder = await temporaryFolder();
  await copyFile(join(source, "group1-shard1of1.bin"), join(folder, "group1-shard1of1.bin"));
  let text = await readFile(join(source, "model.json"), "utf8");
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  const file = join(folder, "model.json");
  await writeFile(file, text);
  return file;
}

describe("a network of Keras is refused", () => {
  test.each<[what: string, from: string, to: string, says: string]>([
    ["a function in Python", '"LeakyReLU"', '"Lambda"', "is a Lambda, which tfjs does not have: its function is Python"],
    ["a layer of nobody's", '"LeakyReLU"', '"LeakyRelu2"', "is a LeakyRelu2, which tfjs does not have: take layers that tfjs has (it has LeakyReLU)"],
    ["another precision", '"name": "conv2d", "trainable": true, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}', '"name": "conv2d", "trainable": true, "dtype": {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "mixed_float16"}', 'computes in mixed_float16, and tfjs in float32: build it after keras.config.set_dtype_policy("float32")'],
    ["grouped convolutions", '"groups": 1', '"groups": 3', "(Conv2D) has no argument groups (given 3): tfjs has no grouped convolutions"],
    ["an activation of another meaning", '"activation": "linear"', '"activation": "hard_sigmoid"', '(Conv2D) has activation "hard_sigmoid", relu6(x + 3) / 6 in Keras 3'],
    ["an activation that is a layer", '"activation": "linear"', '"activation": "leaky_relu"', "add keras.layers.LeakyReLU(0.2) after it"],
    ["a name with a blank", '"name": "leaky_re_lu"', '"name": "leaky re lu"', 'layer "leaky re lu" has a name that tfjs does not take'],
    ["an operation", '"class_name": "LeakyReLU"', '"module": "keras.src.ops.nn", "class_name": "LeakyReLU"', "is no layer but an operation"],
    ["a layer of the user's own under Keras's name", '"class_name": "LeakyReLU"', '"registered_name": "me>LeakyReLU", "class_name": "LeakyReLU"', "is a class of the user's own that is called LeakyReLU like one of Keras"],
    ["a model class of its own", '"class_name": "Sequential"', '"class_name": "Judge"', "it is a Judge, a model class of its own: build it with keras.Sequential"],
    ["a weight of another shape", '"shape": [48, 1]', '"shape": [24, 2]', "has shape [24, 2], and dense/kernel needs [48, 1]"],
  ])("for %s", async (_what, from, to, says) => {
    const file = await changed([from, to]);
    const loading = loadKerasModel(file);
    await expect(loading).rejects.toThrow(`${file} cannot be built: `);
    await expect(loading).rejects.toThrow(says);
    await expect(loading).rejects.toMatchObject({ code: "MODEL" });
  }); // prettier-ignore

  test("for a frozen batch normalization, which Keras computes otherwise", async () => {
    const file = await changed(['"class_name": "LeakyReLU", "config": {"name": "leaky_re_lu", "trainable": true', '"class_name": "BatchNormalization", "config": {"name": "leaky_re_lu", "trainable": false']);
    await expect(loadKerasModel(file)).rejects.toThrow(
      "is frozen, so that Keras normalizes with the statistics it has kept, and tfjs with each batch's: set model.trainable = True",
    );
  }); // prettier-ignore

  test("for a weight that no layer has, and for a layer without its weight", async () => {
    const file = await changed(['dense/kernel"', 'dense/kernels"']);
    await expect(loadKerasModel(file)).rejects.toThrow(`${file} cannot be built: it has no weight for dense/kernel`);
    const more = await changed(['"use_bias": true', '"use_bias": false']);
    await expect(loadKerasModel(more)).rejects.toThrow("conv2d/bias belongs to no layer of its topology");
  }); // prettier-ignore

  test("for layers without weights, as to_json gives them", async () => {
    const file = join(await temporaryFolder(), "network.json");
    await writeFile(file, JSON.stringify({ module: "keras", class_name: "Sequential", config: {} }));
    await expect(loadKerasModel(file)).rejects.toThrow(
      `${file} is no saved network: it holds the layers alone, as to_json gives them, and no weights: save the whole model, model.save("model.keras")`,
    );
  });

  test("for a damaged file", async () => {
    const whole = await readFile(join(FIXTURES, "judge.keras"));
    const file = join(await temporaryFolder(), "judge.keras");
    await writeFile(file, whole.subarray(0, 1500));
    await expect(loadKerasModel(file)).rejects.toThrow(`${file} is no saved network: it is a damaged zip`);
    const h5 = await readFile(join(FIXTURES, "sequential.h5"));
    await writeFile(file, h5.subarray(0, 9000));
    await expect(loadKerasModel(file)).rejects.toThrow(`${file} is no saved network: `);
  });
});

const TENSOR = (layer: string): Json => ({
  class_name: "__keras_tensor__",
  config: { shape: [null, 2], dtype: "float32", keras_history: [layer, 0, 0] },
});
const input = {
  class_name: "InputLayer",
  name: "x",
  config: { name: "x", batch_shape: [null, 2] },
  inbound_nodes: [],
};
const dense = (name: string, nodes: readonly Json[]): Json => ({
  module: "keras.layers",
  class_name: "Dense",
  name,
  config: { name, units: 2 },
  inbound_nodes: nodes,
});
const model = (layers: readonly Json[], ends: Json): Json => ({
  class_name: "Functional",
  config: { name: "m", layers, input_layers: ["x", 0, 0], output_layers: ["a", 0, 0], ...ends },
});

/** Every weight of two layers of two units. */
const WEIGHTS = new Map(
  ["a", "b"].flatMap((name): [string, SavedWeight][] => [
    [`${name}/kernel`, { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }],
    [`${name}/bias`, { shape: [2], values: Float32Array.of(0, 0) }],
  ]),
);

describe("a functional network is refused", () => {
  const call = (...args: unknown[]): Json => ({ args, kwargs: {} });
  const building = (topology: Json): Promise<unknown> =>
    buildNetwork({ topology, weights: WEIGHTS }, "model.json");

  test("where tfjs would apply a shared layer in another order", async () => {
    // a(b(x)) is a's first output; tfjs makes a(x) first, since b comes later in the list
    const layers = [
      input,
      dense("a", [call(TENSOR("b")), call(TENSOR("x"))]),
      dense("b", [call(TENSOR("x"))]),
    ];
    await expect(building(model(layers, {}))).rejects.toThrow(
      "layer a is applied 2 times, in an order that tfjs does not keep",
    );
  });

  test("where a layer is called with more than its input", async () => {
    const second = [input, dense("a", [call(TENSOR("x"), TENSOR("x"))])];
    await expect(building(model(second, {}))).rejects.toThrow(
      "layer a (Dense) is called with a second tensor besides its input",
    );
    const named = [input, dense("a", [{ args: [TENSOR("x")], kwargs: { initial_state: 3 } }])];
    await expect(building(model(named, {}))).rejects.toThrow("is called with initial_state=3");
  });

  test("where it uses an output that is never made, for which tfjs would wait for ever", async () => {
    const missing = [input, dense("a", [call(TENSOR("gone"))])];
    await expect(building(model(missing, {}))).rejects.toThrow(
      "layer a needs output 0 of layer gone, which is never made",
    );
    const circle = [input, dense("a", [call(TENSOR("b"))]), dense("b", [call(TENSOR("a"))])];
    await expect(building(model(circle, {}))).rejects.toThrow(
      "layer a needs output 0 of layer b, which is never made",
    );
    const whole = [input, dense("a", [call(TENSOR("x"))])];
    await expect(building(model(whole, { output_layers: ["a", 1, 0] }))).rejects.toThrow(
      "the model needs output 1 of layer a, which is never made",
    );
  });

  test("where its inputs have no order", async () => {
    const layers = [input, dense("a", [call(TENSOR("x"))])];
    await expect(building(model(layers, { input_layers: { z: ["x", 0, 0] } }))).rejects.toThrow(
      "has its inputs in a dictionary, which leaves open their order",
    );
  });

  test("where a recurrent layer's zeros depend on a mask", async () => {
    const sequence = (zeros: boolean, mask: readonly Json[]): Json => ({
      keras_version: "3.15.1",
      class_name: "Sequential",
      config: {
        build_input_shape: [null, 3, 2],
        layers: [
          ...mask,
          { class_name: "LSTM", config: { name: "a", units: 1, zero_output_for_mask: zeros } },
        ],
      },
    });
    const masking = { class_name: "Masking", config: { name: "m", mask_value: 0 } };
    await expect(building(sequence(true, [masking]))).rejects.toThrow(
      "layer a (LSTM) gives zeros where its input is masked",
    );
    await expect(building(sequence(true, []))).rejects.toThrow("it has no weight for a/recurrent_kernel"); // built
  });
});
