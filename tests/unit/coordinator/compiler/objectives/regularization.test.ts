// Regularizers are part of a network's loss, once for each layer.
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import { regularizationOf } from "../../../../../coordinator/compiler/objectives/regularization.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";

beforeAll(useCpuBackend);

const { layers, regularizers, initializers } = tfl;
type Layer = ReturnType<typeof layers.dense>;

/** A kernel [2, 1] of twos, penalized. */
const penalized = (kernelRegularizer: ReturnType<typeof regularizers.l2>): Layer =>
  layers.dense({
    units: 1,
    inputShape: [2],
    kernelInitializer: initializers.constant({ value: 2 }),
    kernelRegularizer,
  });

const value = (model: tfl.LayersModel): number | undefined => regularizationOf(model)?.dataSync()[0];

test.each([
  ["l1", regularizers.l1({ l1: 0.5 }), 2], // 0.5 · (2 + 2)
  ["l2", regularizers.l2({ l2: 0.25 }), 2], // 0.25 · (4 + 4)
  ["l1l2", regularizers.l1l2({ l1: 0.5, l2: 0.25 }), 4],
])("%s", (_name, regularizer, expected) => {
  expect(value(tfl.sequential({ layers: [penalized(regularizer)] }))).toBeCloseTo(expected, 6);
});

test("kernels and biases of every layer add up, of models inside the model too", () => {
  const inner = tfl.sequential({ layers: [penalized(regularizers.l1({ l1: 1 }))] }); // 4
  const bias = layers.dense({
    units: 3,
    biasInitializer: initializers.constant({ value: 2 }),
    biasRegularizer: regularizers.l2({ l2: 1 }), // 3 · 4
  });
  expect(value(tfl.sequential({ layers: [inner, bias] }))).toBeCloseTo(16, 6);
});

test("a layer that is used twice counts once", () => {
  const shared = penalized(regularizers.l1({ l1: 1 }));
  const ends = [tfl.input({ shape: [2] }), tfl.input({ shape: [2] })];
  const outputs = layers.add().apply(ends.map((end) => shared.apply(end) as tfl.SymbolicTensor));
  expect(value(tfl.model({ inputs: ends, outputs: outputs as tfl.SymbolicTensor }))).toBeCloseTo(4, 6);
});

test("layers that run inside of the model's add up too, once each", () => {
  const [outer, inner] = [penalized(regularizers.l1({ l1: 1 })), penalized(regularizers.l1({ l1: 0.25 }))]; // 4, 1
  const model = tfl.sequential({ layers: [outer] });
  inner.build([null, 2]);
  expect(regularizationOf(model, [inner, outer, inner])?.dataSync()[0]).toBeCloseTo(5, 6);
});

test("there is none where no layer has one", () => {
  expect(value(tfl.sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] }))).toBeUndefined();
});
