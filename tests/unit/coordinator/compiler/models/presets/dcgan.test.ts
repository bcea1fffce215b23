// The networks of presets `dcgan`, `digits` and `mnist` for images of many sizes.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { buildNetworks } from "../../../../../../coordinator/compiler/models/networks.ts";
import { dcganParameters, stagesOf } from "../../../../../../coordinator/compiler/models/presets/stages.ts"; // prettier-ignore
import { type RunConfig, parseConfig } from "../../../../../../shared/config/config.ts";
import { findPreset } from "../../../../../../shared/config/presets.ts";

function configOf(name: string, filters?: number): RunConfig {
  const model = { kind: "preset", name, ...(filters !== undefined && { filters }) } as const;
  return parseConfig({
    model,
    latentSize: 5,
    batch: 2,
    shard: 2,
    sampleCount: 1,
    length: { kind: "steps", steps: 1 },
  });
}

test.each([
  [8, 8, 1], [9, 9, 4], [28, 28, 1], [32, 32, 3], [17, 23, 1], [48, 64, 3], [64, 48, 4], [31, 97, 3], [8, 100, 1], [255, 129, 1], [256, 256, 3], [33, 33, 2],
] as const)("dcgan draws %i×%i×%i, and judges it, with as many parameters as are told", async (...imageShape) => {
  const { networks } = await buildNetworks(configOf("dcgan", 2), { imageShape, classes: 0 });
  const { generator, discriminator } = networks;
  expect(generator!.outputs[0].shape).toEqual([null, ...imageShape]);
  expect(discriminator!.outputs[0].shape).toEqual([null, 1]);
  const parameters = [generator!, discriminator!].flatMap(({ trainableWeights }) =>
    trainableWeights.map(({ shape }) => shape.reduce<number>((product, size) => product * size!, 1)),
  );
  const stages = stagesOf(imageShape, 2);
  const told = dcganParameters(stages, { channels: imageShape[2], latentSize: 5 });
  expect(told).toBe(parameters.reduce((sum, size) => sum + size));
  for (const model of [generator!, discriminator!]) model.dispose();
}); // prettier-ignore

test("the smallest map, and what is cropped, follow the stages", async () => {
  const { networks } = await compileRun(configOf("dcgan", 2), { imageShape: [9, 17, 3], classes: 0 });
  const shapes = (name: string): unknown[] =>
    networks[name].layers.map(({ kind, outputs }) => `${kind} ${outputs[0].join("×")}`);
  expect(shapes("generator")).toEqual([
    "Dense 100",
    "BatchNormalization 100",
    "ReLU 100",
    "Reshape 5×5×4",
    "Conv2DTranspose 5×10×2", // 5 rows stay, 5 columns become 10, of which 9 are the stage's
    "Cropping2D 5×9×2",
    "BatchNormalization 5×9×2",
    "ReLU 5×9×2",
    "Conv2DTranspose 10×18×3",
    "Cropping2D 9×17×3",
  ]);
  expect(shapes("discriminator")).toEqual([
    "Conv2D 5×9×2",
    "LeakyReLU 5×9×2",
    "Conv2D 5×5×4",
    "LeakyReLU 5×5×4",
    "Flatten 100",
    "Dense 1",
  ]);
});

test("a crop takes the last row and column: those that the convolutions pad", async () => {
  const { networks } = await buildNetworks(configOf("dcgan", 2), { imageShape: [9, 20, 1], classes: 0 });
  const crops = networks.generator!.layers.filter((layer) => layer.getClassName() === "Cropping2D");
  expect(crops.map((layer) => layer.getConfig()["cropping"])).toEqual([[[0, 1], [0, 0]]]); // prettier-ignore
});

describe("at 28×28 the networks begin as they always did", () => {
  test.each([
    ["digits", 32, "2ae7e12aa817dc37", "31b929c468f282f6"],
    ["mnist", 64, "707a473a8bf16949", "fe981074a098b313"],
  ])("%s, with %i filters", async (name, filters, layoutHash, weightsHash) => {
    const input = findPreset(name).config;
    expect(input.model).toEqual({ kind: "preset", name, filters });
    const images = { imageShape: [28, 28, 1], classes: 10 } as const;
    const run = await compileRun(parseConfig({ ...input, seed: 7 }), images);
    expect(run.layout.hash.slice(0, 16)).toBe(layoutHash);
    const weights = createHash("sha256").update(new Uint8Array(run.initialWeights.buffer)).digest("hex");
    expect(weights.slice(0, 16)).toBe(weightsHash);
    const older = parseConfig({ ...input, seed: 7, model: { kind: "preset", name } }); // before there were filters
    expect((await compileRun(older, images)).layout.hash).toBe(run.layout.hash);
  });
});

test("digits and mnist draw other sizes too", async () => {
  for (const name of ["digits", "mnist"]) {
    const { networks } = await buildNetworks(configOf(name, 1), { imageShape: [17, 40, 3], classes: 0 });
    expect(networks.generator!.outputs[0].shape).toEqual([null, 17, 40, 3]);
  }
});

test("by class, a thousand classes need no more numbers in each layer than the noise has", async () => {
  const numbersOf = async (classes: number): Promise<number[]> => {
    const config = { ...configOf("dcgan", 2), conditional: true };
    const { networks } = await buildNetworks(config, { imageShape: [28, 28, 1], classes });
    const shapes = networks.generator!.trainableWeights.map(({ shape }) => shape);
    for (const network of [networks.generator!, networks.discriminator!]) network.dispose();
    return shapes.filter(([rows]) => rows === Math.min(classes, 5)).map(([, units]) => units!);
  };
  expect(await numbersOf(3)).toEqual([196, 196, 2, 2]); // a scale and an offset for each class, of 7×7×4 units and of 2 channels
  expect(await numbersOf(1000)).toEqual([196, 196, 196, 2, 2]); // z's own layer first
});
