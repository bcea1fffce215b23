// A graph for any number of images: every layer of tf.layers, at numbers of images that it was not made from.
import { describe, expect, test } from "vitest";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import {
  assignWeights,
  namedWeights,
  weightsLayout,
} from "../../../../../coordinator/compiler/models/weights.ts";
import { tensorflow } from "../../../../../coordinator/compiler/models/users/model-context.ts";
import { traceProgram } from "../../../../../coordinator/compiler/trace/trace.ts";
import { checkOnnx } from "../../../../../deploy/export/onnx/check.ts";
import { type OnnxModel, onnxModel } from "../../../../../deploy/export/onnx/onnx-model.ts";
import { useCpuBackend } from "../../../../../shared/program/cpu-backend.ts";
import { stream } from "../../../../../shared/random/random.ts";
import { LAYERS } from "../../../../support/layer-cases.ts";

const tf = tensorflow();
await useCpuBackend();

/** Exports the model, and compares it with the engine for each of these numbers of images. */
async function exported(model: LayersModel, batches: readonly number[], batch?: number): Promise<OnnxModel> {
  const weights = namedWeights({ classifier: model });
  const layout = weightsLayout(weights);
  const values = new Float32Array(layout.length);
  const random = stream(1, "weights");
  for (let i = 0; i < values.length; i++) values[i] = 0.2 + random.uniform();
  const trace = (images: number) =>
    traceProgram((context) => {
      const tensors = weights.map(({ name, variable }) => [name, context.input(name, variable.shape as number[])] as const);
      assignWeights(weights, new Map(tensors));
      const inputs = model.inputs.map(({ shape }, i) => context.input(`input ${i}`, [images, ...(shape.slice(1) as number[])]));
      const outputs = [model.apply(inputs.length === 1 ? inputs[0] : inputs, { training: false })].flat();
      return Object.fromEntries(outputs.map((output, i) => [`scores ${i}`, output as Tensor]));
    });
  const common = { trace, layout, weights: values, classes: 0 };
  const fixed = batch === undefined ? {} : { batch };
  const onnx = await onnxModel({ ...common, ...fixed, network: "classifier", classText: "", scoresText: "", metadata: {} });
  await checkOnnx({ ...common, model: onnx, latentSize: 1, batches });
  return onnx;
} // prettier-ignore

describe("the graph computes for 1, 2, 7 and 12 images what the engine computes", () => {
  const cases = LAYERS.filter(({ fixed, training }) => fixed === undefined && training !== true);
  test("of many layers", () => expect(cases.length).toBeGreaterThan(60));

  test.each(cases)("$name", async ({ build }) => {
    const { inputs, outputs } = await exported(build(tf), [1, 2, 7, 12]);
    expect([...inputs, ...outputs].map(({ shape: [first] }) => first)).toEqual([...inputs, ...outputs].map(() => "N"));
  }); // prettier-ignore
});

/** What StyleGAN and ProGAN do at the end of their discriminators: groups of four images. */
class GroupDeviation extends tf.layers.Layer {
  static readonly className = "GroupDeviation";

  override call(inputs: Tensor | Tensor[]): Tensor {
    const [x] = [inputs].flat();
    const [images, width] = x.shape;
    const groups = tf.reshape(x, [Math.min(4, images), -1, width]);
    const { variance } = tf.moments(groups, 0);
    return tf.concat([x, tf.tile(tf.sqrt(variance), [Math.min(4, images), 1])], 1);
  }

  override computeOutputShape([images, width]: number[]): number[] {
    return [images, 2 * width];
  }
}

const grouped = (): LayersModel =>
  tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [2] }), new GroupDeviation({})] });

test("statistics over groups of images are refused with the layer where one image makes no group", async () => {
  await expect(exported(grouped(), [1])).rejects.toThrow(
    /for 1 image it does not run \(.*\); export for a fixed number of images with --batch N/,
  );
});

test("and exported for a fixed number of images", async () => {
  const { inputs, outputs } = await exported(grouped(), [3], 3);
  expect([inputs[0].shape, outputs[0].shape]).toEqual([[3, 2], [3, 6]]); // prettier-ignore
});

class MeanOfAll extends tf.layers.Layer {
  static readonly className = "MeanOfAll";

  override call(inputs: Tensor | Tensor[]): Tensor {
    const [x] = [inputs].flat();
    const rows = Array.from({ length: x.shape[0] }, (_, i) => tf.slice(x, [i, 0], [1, 2]));
    return tf.add(x, tf.mul(tf.addN(rows), 1 / rows.length));
  }
}

test("a layer that is written out for each image is named", async () => {
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 2, inputShape: [2] }), new MeanOfAll({ name: "everyone" })],
  });
  await expect(exported(model, [1])).rejects.toThrow(
    /layer \S*everyone\S* depends on the number of images in .*export for a fixed number of images with --batch N/,
  );
});
