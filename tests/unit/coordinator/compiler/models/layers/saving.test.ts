// Layers of ours as tf.layers keeps them: configs, lists of weights, regularizers, frozen ones.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { regularizationOf } from "../../../../../../coordinator/compiler/objectives/regularization.ts";
import { ganParts } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { checkedTopology } from "../../../../../../coordinator/compiler/models/users/arguments/saved-arguments.ts";
import { undrawn } from "../../../../../../coordinator/compiler/models/users/saved/undrawn.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";

const { layers, initializers } = ganParts();
type Layer = tfl.layers.Layer;

beforeAll(useCpuBackend);

/** A model of one layer. */
function modelOf(layer: Layer, shapes: readonly (readonly number[])[]): tfl.LayersModel {
  const inputs = shapes.map((shape) => tfl.input({ shape: [...shape] }));
  const outputs = layer.apply(inputs.length === 1 ? inputs[0] : inputs) as tfl.SymbolicTensor;
  return tfl.model({ inputs, outputs });
}

describe("a saved model has its", () => {
  test.each<[string, Layer, number[][], object]>([
    ["spectralNorm", layers.spectralNorm({ layer: tfl.layers.conv2d({ filters: 2, kernelSize: 3 }), epsilon: 1e-6 }), [[4, 4, 1]], { epsilon: 1e-6, layer: { className: "Conv2D" } }],
    ["spectralNorm of a groupedConv2d", layers.spectralNorm({ layer: layers.groupedConv2d({ filters: 2, kernelSize: 1, groups: 2 }) }), [[4, 4, 2]], { layer: { className: "GanglionGroupedConv2D", config: { groups: 2 } } }],
    ["equalized", layers.equalized({ layer: tfl.layers.dense({ units: 2 }), gain: 1, rateMultiplier: 0.01 }), [[3]], { gain: 1, rateMultiplier: 0.01 }],
    ["minibatchStdDev", layers.minibatchStdDev({ groupSize: 3, features: 2 }), [[2, 2, 4]], { groupSize: 3, features: 2 }],
    ["pixelNorm", layers.pixelNorm({ epsilon: 1e-4 }), [[4]], { epsilon: 1e-4 }],
    ["selfAttention", layers.selfAttention({ spectralNorm: true, kernelInitializer: initializers.orthogonal({ gain: 2 }) }), [[2, 2, 8]], { spectralNorm: true, kernelInitializer: { className: "Orthogonal", config: { gain: 2 } } }],
    ["conditionalBatchNorm", layers.conditionalBatchNorm({ momentum: 0.9, epsilon: 0.01 }), [[2, 2, 3], [2]], { momentum: 0.9, epsilon: 0.01 }],
    ["projection", layers.projection({ spectralNorm: true, kernelInitializer: "heNormal" }), [[3], [2]], { spectralNorm: true, kernelInitializer: { className: "VarianceScaling", config: { scale: 2 } } }],
    ["learnedBasis", layers.learnedBasis({ size: [2, 3], channels: 4, gain: 2 }), [[5]], { size: [2, 3], channels: 4, gain: 2 }],
  ])("%s with its arguments and weights", async (_name, layer, shapes, config) => {
    const model = modelOf(layer, shapes);
    const json = JSON.parse(JSON.stringify(model.toJSON(null, false))) as tfl.ModelAndWeightsConfig;
    const topology = checkedTopology("model.json", json as never);
    const copy = await tfl.models.modelFromJSON(topology as never);
    expect(copy.layers.at(-1)!.getConfig()).toMatchObject(config);
    expect(copy.weights.map(({ originalName, shape }) => [originalName, shape])).toEqual(model.weights.map(({ originalName, shape }) => [originalName, shape])); // prettier-ignore
    copy.setWeights(model.getWeights());
    const x = shapes.map((shape, i) => tf.randomNormal([6, ...shape], 0, 1, "float32", i + 1));
    const given = x.length === 1 ? x[0] : x;
    expect((copy.predict(given) as tf.Tensor).dataSync()).toEqual((model.predict(given) as tf.Tensor).dataSync()); // prettier-ignore
  }); // prettier-ignore
});

test.each([
  [{ rate_multiplier: -1 }, "rate_multiplier -1: it must be a finite number above 0"],
  [{ rate: 2 }, "has no argument rate (given 2)"],
  [{ layer: null }, "lacks layer: give a layer"],
])("a saved layer with %j is refused", (changed, message) => {
  const layer = { class_name: "Dense", config: { units: 2 } };
  const config = { name: "scaled", layer, ...changed };
  expect(() => checkedTopology("model.json", { class_name: "GanglionEqualized", config })).toThrow(message);
});

describe("a wrapped layer", () => {
  const regularized = (): Layer => tfl.layers.dense({ units: 2, kernelRegularizer: tfl.regularizers.l2({ l2: 1 }) }); // prettier-ignore

  test("is regularized once, by the kernel that is trained", () => {
    const layer = layers.spectralNorm({ layer: regularized() });
    const model = modelOf(layer, [[3]]);
    const [kernel] = layer.getWeights();
    const inner = (layer as unknown as { readonly layer: Layer }).layer;
    const penalty = regularizationOf(model, [inner])!;
    expect(penalty.dataSync()[0]).toBeCloseTo(tf.sum(tf.square(kernel)).dataSync()[0], 5);
  });

  test("is frozen with its wrapper, and takes the shape of the input from whichever has it", () => {
    const layer = layers.spectralNorm({ layer: tfl.layers.dense({ units: 2, inputShape: [3] }), trainable: false }); // prettier-ignore
    const model = tfl.sequential({ layers: [layer] });
    expect(model.outputs[0].shape).toEqual([null, 2]);
    expect(layer.trainableWeights).toEqual([]);
    expect(layer.nonTrainableWeights.map(({ shape }) => shape)).toEqual([[3, 2], [2], [1, 2]]);
    layer.trainable = true;
    expect(layer.trainableWeights.map(({ shape }) => shape)).toEqual([[3, 2], [2]]);
  });

  test("is let go with its model", () => {
    const before = tf.memory().numTensors;
    modelOf(layers.spectralNorm({ layer: regularized() }), [[3]]).dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("a topology whose weights lie elsewhere draws no orthogonal kernels", () => {
  const initializer = { class_name: "Orthogonal", config: { gain: 2 } };
  expect(undrawn({ layers: [{ config: { units: 3, kernel_initializer: initializer } }] })).toEqual({
    layers: [{ config: { units: 3, kernel_initializer: { class_name: "Zeros", config: {} } } }],
  });
});
