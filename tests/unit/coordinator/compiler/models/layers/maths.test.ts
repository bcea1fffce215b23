// What the layers compute, against PyTorch's ops and closed forms. (Their derivatives: gradients/layers.test.ts.)
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { ganParts } from "../../../../../../coordinator/compiler/models/users/model-context.ts";
import { withSeededMathRandom } from "../../../../../../coordinator/compiler/trace/seeded-math-random.ts";
import { useCpuBackend } from "../../../../../../shared/program/cpu-backend.ts";
import { sizeOf } from "../../../../../../shared/program/program.ts";

const { layers, initializers } = ganParts();

beforeAll(useCpuBackend);

/** Computed with PyTorch 2 in float64 from `grid`, by BigGAN's attention (γ = 0.5), StyleGAN2's groups of 2, F.batch_norm … */
const PYTORCH = {
  selfAttention: [-2.129731491, 0.319261083, 0.049169263, -0.101838163, 0.703389973, 0.530691302, 0.379683876, 0.484232179, -1.907731043, 0.546302985, 0.287834219, 0.141868248, 0.91486542, -1.852209355, 0.601824674, 0.708997295, -1.683611081, 0.770120487, 0.510954399, 0.364685967, 1.139616827, -1.627795352, 0.825936216, 0.932951392, -1.459474913, 0.993913336, -1.866044272, 0.587343977, 1.364469739, -1.403325423, 1.050062826, 1.156899288, -1.234218174, 1.216001469, -1.651261348, 0.798958295, 1.596341549, -1.174988289, 1.275231354, -1.219581595, -1.010098102, 1.439818805, -1.42814197, 1.021774936, 1.821093641, -0.950573909, 1.499342998, -0.99562754],
  minibatchStdDev: [-1.2, -0.197, 0.806, -0.791, 0.437000018, 0.224000022, 0.212, 1.215, -0.382, 0.621, 0.437000018, 0.224000022, -0.976, 0.027, 1.03, -0.567, 0.224000022, 0.437000018, 0.436, -1.161, -0.158, 0.845, 0.224000022, 0.437000018, -0.752, 0.251, 1.254, -0.343, 0.437000018, 0.224000022, 0.66, -0.937, 0.066, 1.069, 0.437000018, 0.224000022, -0.528, 0.475, -1.122, -0.119, 0.224000022, 0.437000018, 0.884, -0.713, 0.29, 1.293, 0.224000022, 0.437000018],
  conditionalBatchNorm: [-0.935242948, -0.542496014, -1.411568192, -0.890514668, 0.760729335, 3.931047315, 0.051270665, 2.541563409, -0.988431808, -0.411256656, -1.464757052, -0.75927531],
  projection: [0.650771, 2.438252],
  pixelNorm: [-1.424658108, -0.233881373, 0.956895363, -0.935053063, 0.250608406, 1.436269875],
} as const; // prettier-ignore

const grid = (shape: readonly number[], factor: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => (((i * factor) % 13) - 6) / 5 + 0.003 * i),
    [...shape],
  );

/** The layer's answer, with these weights in its order. */
function answer(
  layer: tfl.layers.Layer,
  inputs: tf.Tensor | tf.Tensor[],
  weights: readonly tf.Tensor[] = [],
  training = true,
): number[] {
  layer.apply(inputs); // builds it
  layer.trainableWeights.forEach((weight, i) => weights[i] && weight.write(weights[i]));
  return [...(layer.apply(inputs, { training }) as tf.Tensor).dataSync()];
}

function expectClose(actual: readonly number[], expected: readonly number[], digits = 5): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));
}

describe("values are PyTorch's of", () => {
  test("selfAttention, with keys and values pooled by 2, rounded up", () => {
    const kernels = [grid([1, 1, 8, 1], 3), grid([1, 1, 8, 1], 4), grid([1, 1, 8, 4], 7), grid([1, 1, 4, 8], 2)]; // prettier-ignore
    const made = answer(layers.selfAttention(), grid([1, 2, 3, 8], 5), [...kernels, tf.tensor1d([0.5])]);
    expectClose(made, PYTORCH.selfAttention);
  });

  test("minibatchStdDev", () => {
    const made = answer(layers.minibatchStdDev({ groupSize: 2, features: 2 }), grid([4, 2, 1, 4], 5));
    expectClose(made, PYTORCH.minibatchStdDev);
  });

  test("conditionalBatchNorm, in training", () => {
    const labels = tf.tensor2d([[1, 0], [0, 1], [1, 0]]); // prettier-ignore
    const made = answer(layers.conditionalBatchNorm(), [grid([3, 2, 1, 2], 5), labels], [grid([2, 2], 3), grid([2, 2], 4)]); // prettier-ignore
    expectClose(made, PYTORCH.conditionalBatchNorm);
  });

  test("projection", () => {
    const labels = tf.tensor2d([[0, 1], [1, 0]]); // prettier-ignore
    const made = answer(layers.projection(), [grid([2, 3], 5), labels], [grid([3, 1], 3), grid([2, 3], 4), tf.tensor1d([0.25])]); // prettier-ignore
    expectClose(made, PYTORCH.projection);
  });

  test("pixelNorm", () => {
    expectClose(answer(layers.pixelNorm(), grid([2, 3], 5)), PYTORCH.pixelNorm);
  });
});

test("selfAttention begins as the identity, since γ is 0", () => {
  const x = grid([2, 3, 2, 4], 5);
  expect(answer(layers.selfAttention(), x)).toEqual([...x.dataSync()]);
});

test("conditionalBatchNorm moves its statistics and uses them as tf.layers.batchNormalization does", () => {
  const [x, labels] = [grid([3, 2, 1, 2], 5), tf.tensor2d([[1, 0], [0, 1], [1, 0]])]; // prettier-ignore
  const own = layers.conditionalBatchNorm({ momentum: 0.9, epsilon: 0.01 });
  const usual = tfl.layers.batchNormalization({ momentum: 0.9, epsilon: 0.01 });
  own.apply([x, labels], { training: true });
  usual.apply(x, { training: true });
  const statistics = (layer: tfl.layers.Layer): number[] =>
    layer.nonTrainableWeights.flatMap((weight) => [...weight.read().dataSync()]);
  expectClose(statistics(own), statistics(usual), 6);
  expectClose(answer(own, [x, labels], [], false), [...(usual.apply(x) as tf.Tensor).dataSync()]);
});

test("a group of minibatchStdDev is the greatest that divides the batch, where it is used with another", () => {
  const x = grid([6, 3], 5);
  expect(answer(layers.minibatchStdDev(), x)).toEqual(answer(layers.minibatchStdDev({ groupSize: 3 }), x));
  expect(answer(layers.minibatchStdDev(), grid([1, 3], 5)).at(-1)).toBeCloseTo(1e-4, 9); // √1e-8
});

test("learnedBasis weights maps by a linear function of the noise, both drawn as R3GAN draws them", () => {
  const layer = layers.learnedBasis({ size: [1, 2], channels: 2 });
  const [basis, kernel] = [tf.tensor3d([1, 2, 3, 4], [1, 2, 2]), tf.tensor2d([[1, 0], [2, 5]])]; // prettier-ignore
  // z W = [1·1 + 2·2, 2·5] = [5, 10]
  expect(answer(layer, tf.tensor2d([[1, 2]]), [basis, kernel])).toEqual([5, 20, 15, 40]);
  const wide = layers.learnedBasis({ channels: 400, gain: 3 });
  wide.apply(tf.zeros([1, 36]));
  const [drawn, weights] = wide.getWeights().map((tensor) => tf.moments(tensor).variance.dataSync()[0]);
  expect(drawn).toBeCloseTo(1, 0.7); // of 6,400: within 5 standard deviations, √(2/6400) each
  expect(weights).toBeCloseTo(9 / 36, 1);
});

describe("equalized", () => {
  test.each<[string, () => tfl.layers.Layer, readonly number[], number]>([
    ["dense", () => tfl.layers.dense({ units: 40 }), [50], 50],
    ["conv2d", () => tfl.layers.conv2d({ filters: 40, kernelSize: [2, 1] }), [3, 3, 8], 2 * 8],
    ["conv2dTranspose", () => tfl.layers.conv2dTranspose({ filters: 40, kernelSize: [2, 1] }), [3, 3, 8], 2 * 8],
    ["depthwiseConv2d", () => tfl.layers.depthwiseConv2d({ kernelSize: 2, depthMultiplier: 4 }), [3, 3, 80], 4],
  ])("%s computes with gain · W / √fan-in, W from N(0, 1)", (_kind, make, shape, fanIn) => {
    const [wrapped, plain] = [layers.equalized({ layer: make(), gain: 3 }), make()];
    const x = tf.randomNormal([1, ...shape], 0, 1, "float32", 1);
    wrapped.apply(x);
    plain.apply(x);
    const [kernel, bias] = wrapped.getWeights();
    // The variance of n draws has a standard deviation of √(2/n): five of them.
    expect(Math.abs(tf.moments(kernel).variance.dataSync()[0] - 1)).toBeLessThan(5 * Math.sqrt(2 / kernel.size));
    plain.setWeights([tf.mul(kernel, 3 / Math.sqrt(fanIn)), bias]);
    expectClose(answer(wrapped, x), [...(plain.apply(x) as tf.Tensor).dataSync()], 4);
  }); // prettier-ignore

  test("with a rate multiplier m draws from N(0, 1 / m²) and multiplies kernel and bias by m", () => {
    const layer = layers.equalized({ layer: tfl.layers.dense({ units: 300, biasInitializer: "ones" }), gain: 1, rateMultiplier: 0.1 }); // prettier-ignore
    layer.apply(tf.zeros([1, 4]));
    const [kernel] = layer.getWeights();
    expect(Math.sqrt(tf.moments(kernel).variance.dataSync()[0])).toBeCloseTo(10, -0.3);
    const made = answer(layer, tf.ones([1, 4]));
    const [first, second, third, fourth] = tf.slice2d(kernel as tf.Tensor2D, [0, 0], [4, 1]).dataSync();
    expect(made[0]).toBeCloseTo((0.1 * (first + second + third + fourth)) / 2 + 0.1, 4);
  });

  test("leaves a kernel of zeros as it is", () => {
    const layer = layers.equalized({ layer: tfl.layers.dense({ units: 2, kernelInitializer: "zeros" }) });
    expect(answer(layer, tf.ones([1, 3]))).toEqual([0, 0]);
  });
});

describe("initializers.orthogonal", () => {
  test.each([
    [[6, 4], 1],
    [[4, 6], 2],
    [[3, 3, 2, 5], 0.5],
    [[1, 1, 2, 7], 1],
    [[5, 5], 1],
  ])("of a kernel %j with gain %f has orthonormal columns, or rows where they are fewer", (shape, gain) => {
    const kernel = initializers.orthogonal({ gain }).apply(shape);
    expect(kernel.shape).toEqual(shape);
    const columns = shape.at(-1)!;
    const matrix = tf.reshape(kernel, [-1, columns]) as tf.Tensor2D;
    const [rows] = matrix.shape;
    const product = tf.matMul(matrix, matrix, rows >= columns, rows < columns);
    const identity = tf.mul(tf.eye(Math.min(rows, columns)), gain ** 2);
    expect(tf.max(tf.abs(tf.sub(product, identity))).dataSync()[0]).toBeLessThan(1e-6);
  });

  test("is drawn from the run's seed, or from its own", () => {
    const draw = (run: number, seed?: number): Float32Array =>
      withSeededMathRandom(run, ["test"], () => initializers.orthogonal({ ...(seed !== undefined && { seed }) }).apply([3, 3]).dataSync() as Float32Array); // prettier-ignore
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(draw(1, 5)).toEqual(draw(2, 5));
  });
});
