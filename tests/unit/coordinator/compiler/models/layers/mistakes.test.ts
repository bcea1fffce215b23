// What cannot be meant by a layer of `layers` is refused where the module makes or applies it, with the remedy.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compileRun } from "../../../../../../coordinator/compiler/compile-run.ts";
import { parseConfig } from "../../../../../../shared/config/config.ts";
import { temporaryFolder } from "../../../../../support/cli.ts";

/** Compiles a module whose discriminator makes something, on line 4, of maps [B, 6, 4, 3] and labels [B, 2]. */
async function compile(what: string, shard = 4): Promise<unknown> {
  const file = join(await temporaryFolder(), "model.mjs");
  await writeFile(
    file,
    `export const generator = ({ tf }) => tf.sequential({ layers: [tf.layers.dense({ units: 24, inputShape: [4] }), tf.layers.reshape({ targetShape: [6, 4, 1] })] });
export const discriminator = ({ tf, layers, initializers }) => {
  const [images, labels, L] = [tf.input({ shape: [6, 4, 1] }), tf.input({ shape: [2] }), tf.layers];
  const maps = L.conv2d({ filters: 3, kernelSize: 1 }).apply(images); const end = ${what};
  const x = L.dense({ units: 1 }).apply(L.flatten().apply(end.apply ? end.apply(maps) : end));
  return tf.model({ inputs: [images, labels], outputs: x });
};`,
  );
  const config = parseConfig({
    model: { kind: "module", file },
    latentSize: 4,
    batch: shard,
    shard,
    sampleCount: 1,
    length: { kind: "steps", steps: 1 },
  });
  return compileRun(config, { imageShape: [6, 4, 1], classes: 2 });
}

describe("a module is refused with", () => {
  test.each<[what: string, ...says: string[]]>([
    ["layers.spectralNorm({ layer: L.dense({ units: 2 }), eps: 1 })", "layers.spectralNorm has no argument eps (given 1): did you mean epsilon?", "model.mjs:4"],
    ["layers.spectralNorm(L.dense({ units: 2 }))", "put all in one object, layers.spectralNorm({ layer: … })"],
    ["layers.spectralNorm({})", "layers.spectralNorm lacks layer: give a layer, such as tf.layers.dense({ units: 64 })"],
    ["layers.spectralNorm({ layer: tf.sequential({ layers: [L.dense({ units: 2, inputShape: [3] })] }) })", "it must be a layer, such as"],
    ["layers.spectralNorm({ layer: L.reLU() })", "(ReLU), which has no kernel of its own: wrap dense layers, convolutions and embeddings"],
    ["layers.spectralNorm({ layer: L.gru({ units: 2 }) }).apply(L.reshape({ targetShape: [6, 12] }).apply(maps))", "(GRU), which has no kernel of its own"],
    ["layers.spectralNorm({ layer: layers.equalized({ layer: L.dense({ units: 2 }) }) })", "a wrapper itself: wrap the layer once"],
    ["((layer) => (layer.apply(maps), layers.spectralNorm({ layer })))(L.dense({ units: 2 }))", "is built already: wrap a layer before it is applied"],
    ["layers.equalized({ layer: L.dense({ units: 2, kernelInitializer: 'heNormal' }) })", "leave it out, and choose the scale by gain"],
    ["layers.equalized({ layer: L.dense({ units: 2 }), gain: 0 })", "is given gain 0: it must be a finite number above 0"],
    ["layers.minibatchStdDev({ features: 2 })", "its 3 channels cannot be divided among 2 features: give a number that divides them"],
    ["layers.minibatchStdDev({ groupsize: 2 })", "did you mean groupSize?"],
    ["layers.pixelNorm({ epsilon: 0 })", "it must be a finite number above 0"],
    ["layers.selfAttention().apply(L.flatten().apply(maps))", "its input has 2 axes, and images [batch, height, width, channels] are needed"],
    ["layers.selfAttention({ spectralNorm: 1 })", "is given spectralNorm 1: it must be true or false"],
    ["layers.selfAttention({ kernelInitializer: 'ortogonal' })", 'did you mean "orthogonal"?'],
    ["layers.conditionalBatchNorm()", "it takes 2 inputs and is given 1: apply it to [x, labels]"],
    ["layers.conditionalBatchNorm({ momentum: 1.5 })", "it must be a number from 0 to 1"],
    ["layers.projection().apply([maps, labels])", "its features have 4 axes, and [batch, features] is needed: flatten or pool them first"],
    ["layers.learnedBasis({ size: 4 })", "lacks channels: give a whole number above 0"],
    ["layers.learnedBasis({ channels: 2 })", "its input has 4 axes, and vectors [batch, size] are needed"],
    ["L.dense({ units: 2, kernelInitializer: initializers.orthogonal({ gian: 2 }) })", "initializers.orthogonal has no argument gian (given 2): did you mean gain?"],
    ["L.dense({ units: 2, biasInitializer: initializers.orthogonal() })", "needs two axes: give it to kernels, not to biases"],
  ])("%s", async (what, ...says) => {
    const error = await compile(what).then(
      () => new Error("it was taken"),
      (cause: unknown) => cause as Error,
    );
    for (const words of says) expect(error.message).toContain(words);
  }); // prettier-ignore

  test("a shard that cannot be divided into groups", async () => {
    await expect(compile("layers.minibatchStdDev()", 7)).rejects.toThrow(
      "a shard of 7 samples cannot be divided into groups of 2 to 4: give a --shard that can, or groupSize 7",
    );
  });
});
