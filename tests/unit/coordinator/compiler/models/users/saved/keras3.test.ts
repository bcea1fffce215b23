// Networks that Keras 3 has saved give here what they gave there; what made them is tests/fixtures/keras3/make.py.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { buildNetwork } from "../../../../../../../coordinator/compiler/models/users/saved/build-network.ts";
import { loadKerasModel } from "../../../../../../../coordinator/compiler/models/users/saved/keras-model.ts";
import type {
  Json,
  SavedWeight,
} from "../../../../../../../coordinator/compiler/models/users/saved/saved-network.ts";
import { useCpuBackend } from "../../../../../../../shared/program/cpu-backend.ts";

interface Values {
  readonly shape: number[];
  readonly values: number[];
}

interface Expected {
  readonly inputs: readonly Values[];
  readonly output: Values;
}

interface LayerCase extends Expected {
  readonly name: string;
  readonly topology: Json;
  readonly weights: readonly { readonly path: string; readonly shape: number[]; readonly base64: string }[];
}

const FIXTURES = join(import.meta.dirname, "../../../../../../fixtures/keras3");
const read = (name: string): unknown => JSON.parse(readFileSync(join(FIXTURES, name), "utf8"));
const EXPECTED = read("expected.json") as Readonly<Record<string, Expected>>;
const LAYERS = read("layers.json") as readonly LayerCase[];

beforeAll(() => useCpuBackend());

/** Two libraries' float32: sums of a few dozen products in other orders. */
const DIGITS = 5;

function expectSame(model: LayersModel, { inputs, output }: Expected): void {
  const given = inputs.map(({ values, shape }) => tf.tensor(values, shape));
  const result = model.predict(given.length === 1 ? given[0] : given) as tf.Tensor;
  expect(result.shape).toEqual(output.shape);
  for (const [i, value] of result.dataSync().entries()) expect(value).toBeCloseTo(output.values[i], DIGITS);
}

describe.each(Object.keys(EXPECTED))("the %s network gives Keras's values", (name) => {
  test.each([
    `${name}.keras`,
    `${name}-converted-from-h5/model.json`,
    `${name}-converted-from-keras/model.json`,
  ])("read from %s", async (file) => expectSame(await loadKerasModel(join(FIXTURES, file)), EXPECTED[name]));
});

test("an .h5 file of Keras gives its values", async () => {
  expectSame(await loadKerasModel(join(FIXTURES, "sequential.h5")), EXPECTED["sequential"]);
});

test.each(LAYERS)("$name gives the values of Keras 3", async (layer) => {
  const weights = layer.weights.map(({ path, shape, base64 }): [string, SavedWeight] => {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    return [path, { shape, values: new Float32Array(bytes.buffer) }];
  });
  expectSame(await buildNetwork({ topology: layer.topology, weights: new Map(weights) }, "it"), layer);
});
