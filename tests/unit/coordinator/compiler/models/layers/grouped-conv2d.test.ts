// layers.groupedConv2d: its weights, values, arguments, and that it is saved and loaded.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, expect, test } from "vitest";
import { ganParts } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";

const { layers } = ganParts();

beforeAll(useCpuBackend);

const SHAPE = [4, 5, 6];

/** A model of one such layer. */
function modelOf(args: Parameters<typeof layers.groupedConv2d>[0], shape = SHAPE): tfl.LayersModel {
  return tfl.sequential({
    layers: [tfl.layers.inputLayer({ inputShape: shape }), layers.groupedConv2d(args)],
  });
}

test("each group of filters sees its own group of channels, as convolutions of the parts do", () => {
  const args = { filters: 4, kernelSize: 3, groups: 2, padding: "same", biasInitializer: "ones" } as const;
  const model = modelOf(args);
  expect(model.outputs[0].shape).toEqual([null, 4, 5, 4]);
  const [kernel, bias] = model.getWeights();
  expect([kernel.shape, bias.shape]).toEqual([[3, 3, 3, 4], [4]]);
  const x = tf.randomNormal<tf.Rank.R4>(
    [2, ...SHAPE] as [number, number, number, number],
    0,
    1,
    "float32",
    1,
  );
  const parts = [0, 1].map((group) =>
    tf.conv2d(
      tf.slice(x, [0, 0, 0, 3 * group], [2, 4, 5, 3]),
      tf.slice(kernel as tf.Tensor4D, [0, 0, 0, 2 * group], [3, 3, 3, 2]),
      1,
      "same",
    ),
  );
  const expected = tf.add(tf.concat(parts, 3), 1);
  expect([...(model.predict(x) as tf.Tensor).dataSync()]).toEqual([...expected.dataSync()]);
});

test("strides, valid padding, activation and no bias", () => {
  const model = modelOf({ filters: 2, kernelSize: [2, 3], strides: [2, 1], groups: 2, useBias: false, activation: "relu" }); // prettier-ignore
  expect(model.outputs[0].shape).toEqual([null, 2, 3, 2]);
  expect(model.getWeights().map(({ shape }) => shape)).toEqual([[2, 3, 3, 2]]);
  const y = model.predict(tf.randomNormal([1, ...SHAPE], 0, 1, "float32", 2)) as tf.Tensor;
  expect(Math.min(...y.dataSync())).toBe(0);
});

test("gradients pass through it outside of a traced step too", () => {
  const model = modelOf({ filters: 6, kernelSize: 1, groups: 6, useBias: false, kernelInitializer: "ones" });
  const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(model.predict(x) as tf.Tensor)))(tf.ones([1, ...SHAPE])); // prettier-ignore
  expect(new Set(gradient.dataSync())).toEqual(new Set([2])); // y = x: 2 x
});

test("it is saved with its arguments, and loaded", async () => {
  const args = {
    filters: 4,
    kernelSize: 3,
    groups: 2,
    kernelRegularizer: "l1l2",
    biasConstraint: "nonNeg",
  } as const;
  const model = modelOf(args);
  const copy = await tfl.models.modelFromJSON(model.toJSON(null, false) as never);
  copy.setWeights(model.getWeights());
  const x = tf.ones([1, ...SHAPE]);
  expect((copy.predict(x) as tf.Tensor).dataSync()).toEqual((model.predict(x) as tf.Tensor).dataSync());
  expect(copy.layers[1].getConfig()).toEqual(model.layers[1].getConfig());
  expect(copy.layers[1].getConfig()).toMatchObject({
    groups: 2,
    filters: 4,
    kernelRegularizer: { className: "L1L2" },
  });
});

test.each([
  [{ filters: 6, kernelSize: 3, groups: 4 }, "6 filters do not fall into 4 groups"],
  [{ filters: 4, kernelSize: 3, groups: 4 }, "6 channels do not fall into 4 groups"],
  [{ filters: 4, kernelSize: 3, groups: 0 }, "is given groups 0: it must be a whole number above 0"],
  [{ filters: 4, kernelSize: 3 }, "lacks groups: give a whole number above 0"],
  [
    { filters: 4, kernelSize: 3, groups: 2, padding: "causal" },
    'is given padding "causal": it must be "valid" or "same"',
  ],
  [{ filters: 4, kernelSize: 3, groups: 2, dilationRate: 2 }, "is given dilationRate 2: it must be 1"],
  [
    { filters: 4, kernelSize: 3, groups: 2, dataFormat: "channelsFirst" },
    'is given dataFormat "channelsFirst": it must be "channelsLast"',
  ],
])("arguments that it cannot take are refused: %j", (args, message) => {
  expect(() => modelOf(args as never)).toThrow(message);
});

test("what is no image is refused", () => {
  expect(() => modelOf({ filters: 2, kernelSize: 1, groups: 2 }, [6])).toThrow(
    "its input has shape [null, 6]",
  );
});
