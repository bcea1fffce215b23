// The networks of presets `resnet` and `r3gan` against the papers' tables and formulas.
import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import { expect, test } from "vitest";
import { compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { buildNetworks } from "../../../../../../coordinator/compiler/models/networks.ts";
import { type RunConfigInput, parseConfig } from "../../../../../../shared/config/config.ts";

type Named = Extract<RunConfigInput["model"], { kind: "preset" }>;
type Choice = Omit<Named, "kind">;
type Shape = readonly [number, number, number];

function configOf(model: Choice, more: Partial<RunConfigInput> = {}): ReturnType<typeof parseConfig> {
  return parseConfig({
    model: { kind: "preset", ...model },
    batch: 2,
    shard: 2,
    sampleCount: 1,
    length: { kind: "steps", steps: 1 },
    ...more,
  });
}

async function built(
  config: ReturnType<typeof parseConfig>,
  imageShape: Shape,
  classes = 0,
): Promise<{ generator: LayersModel; discriminator: LayersModel }> {
  const { networks } = await buildNetworks(config, { imageShape, classes });
  return { generator: networks.generator!, discriminator: networks.discriminator! };
}

const sizeOf = (shape: readonly (number | null)[]): number =>
  shape.reduce<number>((product, size) => product * (size ?? 1), 1);
const trainedIn = ({ trainableWeights }: LayersModel): number =>
  trainableWeights.reduce((sum, { shape }) => sum + sizeOf(shape), 0);

test("resnet at 32×32 with 128 filters has the parameters of the paper's table for CIFAR-10", async () => {
  const config = configOf({ name: "resnet", filters: 128 }, { latentSize: 128 });
  const { generator, discriminator } = await built(config, [32, 32, 3]);
  // Dense 128 · 4096 + 4096; blocks 3 · (2 · (9 · 256² + 256) + 256² + 256 + 2 · 2 · 256); at the end 2 · 256 + 27 · 256 + 3
  expect(trainedIn(generator)).toBe(528_384 + 3 * 1_246_976 + 512 + 6_915);
  // 3·9·128 + 128 + 9·128² + 128 + 3·128 + 128; 2 · (9·128² + 128) + 128² + 128; twice without the 1×1; 128 + 1
  expect(trainedIn(discriminator)).toBe(151_680 + 311_680 + 2 * 295_168 + 129);
});

test("resnet goes from 64×64 down to 4×4, with channels that double", async () => {
  const { networks } = await compileRun(configOf({ name: "resnet", filters: 2 }), {
    imageShape: [64, 64, 3],
    classes: 0,
  });
  const sums = (name: string): string[] =>
    networks[name].layers.filter(({ kind }) => kind === "Add").map(({ outputs }) => outputs[0].join("×"));
  expect(sums("generator")).toEqual(["8×8×16", "16×16×8", "32×32×4", "64×64×2"]);
  expect(sums("discriminator")).toEqual(["32×32×2", "16×16×4", "8×8×8", "4×4×16", "4×4×16"]);
});

test("r3gan at 28×28 has the parameters of widths 128, 64 and 32 on a 7×7 basis", async () => {
  const { generator, discriminator } = await built(
    configOf({ name: "r3gan" }, { latentSize: 64 }),
    [28, 28, 1],
  );
  // A block of w channels: 2w² + 2w, 9 · 16 · 2w + 2w, 2w²
  const blocks = [128, 64, 32].reduce((sum, w) => sum + 4 * w * w + 292 * w, 0);
  const between = 128 * 64 + 64 * 32;
  expect(trainedIn(generator)).toBe(blocks + 49 * 128 + 64 * 128 + between + 32);
  expect(trainedIn(discriminator)).toBe(blocks + 32 + between + 49 * 128 + 128);
});

test("r3gan at 32×32 has widths 128, 128, 64 and 32 from 4×4 on, and as many blocks as are chosen", async () => {
  const { networks } = await compileRun(configOf({ name: "r3gan", blocks: 2 }), {
    imageShape: [32, 32, 3],
    classes: 0,
  });
  const sums = networks["generator"].layers
    .filter(({ kind }) => kind === "Add")
    .map(({ outputs }) => outputs[0].join("×"));
  expect(sums).toEqual(["4×4×128", "8×8×128", "16×16×64", "32×32×32"].flatMap((size) => [size, size]));
});

test("r3gan's kernels begin with N(0, g² / fan-in), g = √(2 / 1.04) · L^(-1/4), and blocks as nothing", async () => {
  const { generator } = await built(configOf({ name: "r3gan" }, { latentSize: 64 }), [32, 32, 3]);
  const gain = Math.sqrt(2 / 1.04) * 4 ** -0.25; // one block each at 4, 8, 16 and 32
  const deviation = (values: Float32Array): number =>
    Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  const kernels = generator.layers.flatMap((layer) => {
    const [kernel] = layer.getWeights();
    if (!["Conv2D", "GanglionGroupedConv2D"].includes(layer.getClassName())) return [];
    const fanIn = sizeOf(kernel.shape.slice(0, -1));
    return [{ shape: kernel.shape, scaled: deviation(kernel.dataSync() as Float32Array) * Math.sqrt(fanIn) }];
  });
  for (const { shape, scaled } of kernels) {
    const [side, , inputs, outputs] = shape;
    const wanted =
      side === 3 || outputs === 2 * inputs ? gain : inputs === 2 * outputs && scaled === 0 ? 0 : 1;
    expect(scaled, shape.join("×")).toBeGreaterThan(0.85 * wanted - 1e-9); // the last, 32 numbers for each colour, varies most
    expect(scaled, shape.join("×")).toBeLessThanOrEqual(1.15 * wanted);
  }
  expect(kernels.filter(({ scaled }) => scaled === 0)).toHaveLength(4);
});

test("inside of r3gan's block, each layer's second moment is g² times the last one's, and activations give back 1 / g²·√L", async () => {
  const { discriminator } = await built(configOf({ name: "r3gan", filters: 64 }), [8, 8, 3]); // L = 2
  const [, ...block] = discriminator.layers.filter((layer) =>
    ["Conv2D", "GanglionGroupedConv2D", "LeakyReLU"].includes(layer.getClassName()),
  ); // the first is the 1×1 that sees the image
  let y: tf.Tensor = tf.randomNormal([16, 8, 8, 64], 0, 1, "float32", 3);
  const moments = block.slice(0, 3).map((layer) => {
    y = layer.apply(y) as tf.Tensor;
    const inside = tf.slice(y, [0, 1, 1, 0], [16, 6, 6, 128]); // at the border the 3×3 sees zeros
    return inside.square().mean().dataSync()[0];
  });
  const [wide, active, mixed] = moments;
  expect(wide / (2 / 1.04 / Math.SQRT2)).toBeCloseTo(1, 1); // g² · 1
  expect(active / Math.SQRT1_2).toBeCloseTo(1, 1); // LeakyReLU leaves 1.04 / 2 of it
  expect(mixed / (2 / 1.04 / 2)).toBeCloseTo(1, 1); // g² · 1 / √2
});

test("an r3gan draws 0 for nothing, and no tanh bounds it", async () => {
  const { generator } = await built(configOf({ name: "r3gan", filters: 8 }, { latentSize: 4 }), [8, 8, 1]);
  const [none, some] = [0, 1000].map(
    (size) => (generator.predict(tf.fill([1, 4], size)) as tf.Tensor).abs().max().dataSync()[0],
  );
  expect(none).toBe(0);
  expect(some).toBeGreaterThan(1);
});

test("spectral norms, equalized kernels, minibatch deviation and attention are where they are chosen", async () => {
  const kinds = async (model: Choice): Promise<string[][]> => {
    const { generator, discriminator } = await built(configOf({ filters: 8, ...model }, { latentSize: 4 }), [28, 28, 1]); // prettier-ignore
    return [generator, discriminator].map(({ layers }) => layers.map((layer) => layer.getClassName()));
  };
  for (const name of ["dcgan", "resnet", "r3gan"]) {
    if (name !== "r3gan") {
      const [g, d] = await kinds({ name, spectralNorm: "discriminator" });
      expect([g.includes("GanglionSpectralNorm"), d.includes("Conv2D"), d.includes("Dense")]).toEqual([false, false, false]); // prettier-ignore
      const both = await kinds({ name, spectralNorm: "both" });
      expect(both.flat().filter((kind) => /^(Conv2D|Dense)/.test(kind))).toEqual([]);
    }
    const equalized = await kinds({ name, equalized: true });
    expect(
      equalized.flat().filter((kind) => /^(Conv2D|Dense|GanglionGroupedConv2D|DepthwiseConv2D)/.test(kind)),
    ).toEqual([]);
    const [, d] = await kinds({ name, minibatchStdDev: true });
    expect(d.filter((kind) => kind === "GanglionMinibatchStdDev")).toHaveLength(1);
    const attended = await kinds({ name, attention: 14 });
    expect(attended.map((all) => all.filter((kind) => kind === "GanglionSelfAttention").length)).toEqual([
      1, 1,
    ]);
  }
});

test("sagan attends to the largest map of at most 32 below the image", async () => {
  for (const [side, at] of [[8, 4], [28, 14], [64, 32], [128, 32]] as const) {
    const networks = await built(configOf({ name: "sagan", filters: 1 }), [side, side, 1]);
    for (const { layers } of Object.values(networks)) {
      const attention = layers.filter((layer) => layer.getClassName() === "GanglionSelfAttention");
      expect(attention.map(({ outputShape }) => outputShape.slice(1, 3))).toEqual([[at, at]]);
    }
  }
}); // prettier-ignore

test("attention on maps that there are none of is refused with those that there are", async () => {
  const refused = built(configOf({ name: "dcgan", filters: 1, attention: 16 }), [28, 28, 1]);
  await expect(refused).rejects.toThrow(
    "config field model.attention is 16, and both networks have maps of 14, 7 a side for images of 28×28×1: choose one of these, or 0 for no attention",
  );
});
