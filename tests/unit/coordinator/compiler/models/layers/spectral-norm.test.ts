// Spectral normalization: PyTorch's numbers, state that moves once a phase, and a greatest singular value of 1.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { kernelPlaces } from "../../../../../../coordinator/compiler/models/layers/kernels/kernel-places.ts";
import { SpectralDivision } from "../../../../../../coordinator/compiler/models/layers/kernels/spectral-division.ts";
import { ganParts, tensorflow } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { traceProgram } from "../../../../../../coordinator/compiler/trace/trace.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";
import { type Program, sizeOf } from "../../../../../../shared/program/program.ts";
import { createReferenceEngine } from "../../../../../../worker/engine/reference-engine.ts";
import { execute } from "../../../../../support/oracle.ts";
import { relativeError } from "../../../../../support/relative-error.ts";

const engine = createReferenceEngine();
const { layers } = ganParts();
const context = tensorflow();

/** Made by torch.nn.utils.spectral_norm of PyTorch 2 in float64, with one iteration, from `kernelOf(shape)` and u. */
const PYTORCH = {
  Dense: {
    make: () => tfl.layers.dense({ units: 2 }),
    shape: [3, 2],
    sigma: 1.8610632232922522,
    after: [0.7141374566876715, -0.7000054949467639],
    gradient: [-0.2239578257675644, -1.3711896377907804, 0.5803927909613393, -0.031580224181242844, 0.7411626919065, -0.7477621128919871],
    greatest: 1.8999888223875054,
  },
  Conv2D: {
    make: () => tfl.layers.conv2d({ filters: 3, kernelSize: [2, 1] }),
    shape: [2, 1, 2, 3],
    sigma: 1.3078897736181971,
    after: [0.6894174323585947, -0.3196333916545266, 0.6500293061851184],
    gradient: [0.8944261708876735, -1.888243088733611, 2.2851403495652773, 0.5548332806104976, 1.626430189967563, -1.7269540537933132, -0.4727543973842045, -0.1353034249753964, 1.039753140409688, 2.322610057787335, -1.8970370399183558, -0.016491798553553094],
    greatest: 2.535161064319198,
  },
  Conv2DTranspose: {
    make: () => tfl.layers.conv2dTranspose({ filters: 3, kernelSize: [2, 1] }),
    shape: [2, 1, 3, 2],
    sigma: 1.8323993328269577,
    after: [0.3196714476690689, -0.7864647586783619, 0.5284726567213748],
    gradient: [-0.9339335881499452, -0.3084687878787128, -0.3875635976959617, -0.037990515782897694, 1.3518922783963712, -0.6992267276411716, -0.8400169793905599, 0.4498830602704814, 1.2697394150930466, -0.015349916588820012, -1.5779685952430316, 0.19800259094402783],
    greatest: 2.2361443198282767,
  },
  DepthwiseConv2D: {
    make: () => tfl.layers.depthwiseConv2d({ kernelSize: [2, 1], depthMultiplier: 2 }),
    shape: [2, 1, 2, 2],
    sigma: 1.7502411960303745,
    after: [0.4774925632386225, -0.4894022752059998, 0.6637852283051195, -0.30310961013950277],
    gradient: [-0.8403504471896626, -0.8812402783229059, 0.42031007237113976, 0.3794202412378964, 0.5637914678682814, -0.5493522279279539, -1.3761177488074956, 0.3674876773688428],
    greatest: 2.0515303521450257,
  },
}; // prettier-ignore

type Case = (typeof PYTORCH)[keyof typeof PYTORCH];
const CASES = Object.entries(PYTORCH);

/** No singular value twice. */
const kernelOf = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i * 7) % 11) - 5) / 4 + 0.01 * i);
const weightsOf = (shape: readonly number[]): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i % 5) - 2);
const startOf = (size: number): Float32Array => {
  const u = [0.5, -0.2, 0.7, 0.4].slice(0, size);
  const norm = Math.hypot(...u);
  return Float32Array.from(u, (value) => value / norm);
};

/** A layer that is there to hold u. */
const holder = (): tfl.layers.Layer => new (class extends tfl.layers.Layer {
  static className = "Holder";
})({ name: "holder" }); // prettier-ignore

interface Traced {
  readonly program: Program;
  readonly run: (kernel: Float32Array, u: Float32Array) => Promise<Record<string, Float32Array>>;
}

/** Traces `body` with a division of a symbolic kernel by its greatest singular value. */
async function trace(
  { make, shape, after }: Pick<Case, "make" | "after"> & { readonly shape: readonly number[] },
  body: (
    divided: (training: boolean) => tf.Tensor,
    more: {
      kernel: tf.Tensor;
      u: () => tf.Tensor;
      gradients: (loss: tf.Tensor, of: tf.Tensor[]) => tf.Tensor[];
    },
  ) => Record<string, tf.Tensor>,
): Promise<Traced> {
  await useCpuBackend();
  const variable = variableOf(shape);
  const { outputAxes } = kernelPlaces(make())[0];
  const layer = holder();
  const division = new SpectralDivision(context, layer, "u", { variable, outputAxes });
  const [u] = layer.weights;
  const program = await traceProgram(({ input, gradients }) => {
    const kernel = input("kernel", shape);
    variable.write(kernel);
    u.write(input("u", u.shape as number[]));
    return body((training) => division.divided(training), { kernel, u: () => u.read(), gradients });
  });
  expect(u.shape).toEqual([1, after.length]);
  return { program, run: (values, start) => execute(engine, program, { kernel: values, u: start }) };
}

/** What a layer of tf.layers holds a weight of this shape in. */
function variableOf(shape: readonly number[]): tfl.LayerVariable {
  const layer = tfl.layers.layerNormalization({ axis: shape.map((_, axis) => axis + 1) });
  layer.build([1, ...shape]);
  return layer.weights[0];
}

beforeAll(useCpuBackend);

describe("spectral normalization", () => {
  test.each(CASES)("of a %s computes what PyTorch does from the same u", async (_kind, one) => {
    const { run } = await trace(one, (divided, { kernel, u, gradients }) => {
      const normal = divided(true);
      const loss = tf.sum(tf.mul(normal, tf.tensor(weightsOf(one.shape), [...one.shape])));
      return { normal, after: u(), gradient: gradients(loss, [kernel])[0] };
    });
    const kernel = kernelOf(one.shape);
    const { normal, after, gradient } = await run(kernel, startOf(one.after.length));
    expect(
      relativeError(
        normal,
        kernel.map((value) => value / one.sigma),
      ),
    ).toBeLessThan(1e-6);
    expect(relativeError(after, Float32Array.from(one.after))).toBeLessThan(1e-6);
    expect(relativeError(gradient, Float32Array.from(one.gradient))).toBeLessThan(1e-6);
  });

  test.each(CASES)("of a %s converges to the greatest singular value", async (_kind, one) => {
    const { run } = await trace(one, (divided, { u }) => ({ normal: divided(true), after: u() }));
    const kernel = kernelOf(one.shape);
    let u = startOf(one.after.length);
    let normal = kernel;
    for (let step = 0; step < 60; step++)
      ({ normal, after: u } = (await run(kernel, u)) as { normal: Float32Array; after: Float32Array });
    expect(kernel[0] / normal[0]).toBeCloseTo(one.greatest, 5);
  });

  test("moves u once in a phase, however often the layer is applied in it", async () => {
    const one = PYTORCH.Conv2D;
    const { run } = await trace(one, (divided, { u }) => ({
      first: divided(true),
      second: divided(true),
      after: u(),
    }));
    const { first, second, after } = await run(kernelOf(one.shape), startOf(3));
    expect(second).toEqual(first);
    expect(relativeError(after, Float32Array.from(one.after))).toBeLessThan(1e-6);
  });

  test("leaves u alone where the network is used, and computes the same", async () => {
    const one = PYTORCH.Conv2D;
    const { run } = await trace(one, (divided, { u }) => ({
      used: divided(false),
      kept: tf.clone(u()),
      trained: divided(true),
    }));
    const { used, kept, trained } = await run(kernelOf(one.shape), startOf(3));
    expect(kept).toEqual(startOf(3));
    expect(used).toEqual(trained);
  });

  test("of a kernel of zeros is zeros, with a finite slope, and u stays", async () => {
    const one = PYTORCH.Dense;
    const { run } = await trace(one, (divided, { kernel, u, gradients }) => {
      const normal = divided(true);
      return { normal, after: u(), gradient: gradients(tf.sum(normal), [kernel])[0] };
    });
    const { normal, after, gradient } = await run(new Float32Array(6), startOf(2));
    expect([...normal]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(after).toEqual(startOf(2));
    expect(gradient.every(Number.isFinite)).toBe(true);
  });

  test("has the second derivatives of W / (vᵀ W u), with u and v constant", async () => {
    const one = PYTORCH.Dense;
    const x = tf.tensor2d([[0.3, -1, 0.5], [1.2, 0.4, -0.7]]); // prettier-ignore
    /** R1 of D(x) = tanh(x W / σ) a, by W. */
    const penalty = (
      normal: tf.Tensor,
      gradients: (loss: tf.Tensor, of: tf.Tensor[]) => tf.Tensor[],
    ): tf.Tensor => {
      const images = tf.clone(x);
      const judged = tf.sum(tf.tanh(tf.matMul(images, normal as tf.Tensor2D)));
      return tf.sum(tf.square(gradients(judged, [images])[0]));
    };
    const { run } = await trace(one, (divided, { kernel, gradients }) => ({
      gradient: gradients(penalty(divided(true), gradients), [kernel])[0],
    }));
    const kernel = kernelOf(one.shape);
    const { gradient } = await run(kernel, startOf(2));
    const plain = await traceProgram(({ input, gradients }) => {
      const w = input("kernel", [3, 2]);
      const sigma = tf.sum(tf.mul(tf.matMul(w, input("u", [2, 1])), input("v", [3, 1])));
      return { gradient: gradients(penalty(tf.div(w, sigma), gradients), [w])[0] };
    });
    const start = startOf(2);
    const product = [0, 1, 2].map((row) => kernel[2 * row] * start[0] + kernel[2 * row + 1] * start[1]);
    const v = Float32Array.from(product, (value) => value / Math.hypot(...product));
    const expected = await execute(engine, plain, { kernel, u: Float32Array.from(one.after), v });
    expect(relativeError(gradient, expected["gradient"])).toBeLessThan(1e-6);
  });
});

describe("layers.spectralNorm", () => {
  test.each<[string, () => tfl.layers.Layer, readonly number[]]>([
    ["dense", () => tfl.layers.dense({ units: 3 }), [4]],
    ["conv1d", () => tfl.layers.conv1d({ filters: 2, kernelSize: 2 }), [4, 2]],
    ["conv2d", () => tfl.layers.conv2d({ filters: 2, kernelSize: 2 }), [3, 3, 2]],
    ["conv2dTranspose", () => tfl.layers.conv2dTranspose({ filters: 2, kernelSize: 2 }), [3, 3, 3]],
    ["depthwiseConv2d", () => tfl.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 2 }), [3, 3, 2]],
    ["separableConv2d", () => tfl.layers.separableConv2d({ filters: 3, kernelSize: 2 }), [3, 3, 2]],
    ["embedding", () => tfl.layers.embedding({ inputDim: 3, outputDim: 2 }), [2]],
  ])(
    "lets a %s layer compute with kernels divided by their σ, and trains the kernels",
    (_kind, make, shape) => {
      const [plain, inner] = [make(), make()];
      const x = tf.abs(tf.round(tf.randomNormal([2, ...shape], 0, 0.7, "float32", 1)));
      const index = tf.minimum(x, 2);
      const wrapped = layers.spectralNorm({ layer: inner });
      plain.apply(index);
      wrapped.apply(index);
      expect(wrapped.trainableWeights).toEqual(inner.trainableWeights);
      plain.setWeights(inner.getWeights());
      const state = wrapped.nonTrainableWeights;
      for (const [i, place] of kernelPlaces(plain).entries()) {
        const kernel = (plain as unknown as Record<string, tfl.LayerVariable>)[place.property];
        const outputs = state[i].shape[1]!;
        const order = place.outputAxes[0] === -2 && place.outputAxes.length === 1 ? [0, 1, 3, 2] : null;
        const matrix = tf.reshape(order ? tf.transpose(kernel.read(), order) : kernel.read(), [-1, outputs]);
        const v = tf.matMul(matrix, tf.transpose(state[i].read()));
        const unit = tf.div(v, tf.norm(v));
        kernel.write(tf.div(kernel.read(), tf.norm(tf.matMul(tf.transpose(unit), matrix))));
      }
      const difference = tf.max(
        tf.abs(tf.sub(plain.apply(index) as tf.Tensor, wrapped.apply(index) as tf.Tensor)),
      );
      expect(difference.dataSync()[0]).toBeLessThan(1e-6);
    },
  );
});
