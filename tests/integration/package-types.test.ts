// The types that the package gives to authors of model modules, seen by a project that installed it.
import { expect, test } from "vitest";
import { complaintsOf } from "../support/package-types.ts";

const MODULE = `
import type { LossContext, ModelContext } from "ganglion";

export function generator({ tf, imageShape, latentSize }: ModelContext) {
  const [height, width, channels] = imageShape;
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: height * width * channels, activation: "tanh", inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: imageShape }),
    ],
  });
}

export function discriminator({ tf, layers, initializers, imageShape }: ModelContext) {
  const layer = tf.layers.conv2d({ filters: 4, kernelSize: 3, kernelInitializer: initializers.orthogonal({ gain: 2 }) });
  return tf.sequential({
    layers: [
      layers.spectralNorm({ layer, inputShape: imageShape }),
      layers.minibatchStdDev(),
      layers.spectralNorm({ layer: layers.groupedConv2d({ filters: 5, kernelSize: 1, groups: 5 }) }),
      tf.layers.flatten(),
      layers.equalized({ layer: tf.layers.dense({ units: 1 }), gain: 1 }),
    ],
  });
}

export function losses({ generator, discriminator, samples, noise, gradients, augment }: LossContext) {
  const real = discriminator(augment.diffAugment(samples, { policy: ["colour", "cutout"] }));
  const fake = discriminator(augment.ada(generator(noise), { p: 0.2, transforms: ["blit"] }));
  const [slope] = gradients(real.sum(), [samples]);
  return {
    discriminator: fake.softplus().mean().add(real.neg().softplus().mean()).add(slope.square().mean()),
    generator: fake.neg().softplus().mean(),
  };
}

export function several({ tf, discriminator, samples }: LossContext<ReturnType<LossContext["generator"]>[]>) {
  const [real, label] = discriminator(samples);
  return tf.add(real.mean(), label.mean());
}
`;

test("a model module in TypeScript is checked against the package's types", { timeout: 30_000 }, async () => {
  expect(await complaintsOf({ "my-gan.mts": MODULE })).toBe("");
});

test("and told of its mistakes", { timeout: 30_000 }, async () => {
  const typo = await complaintsOf({
    "my-gan.mts": MODULE.replace("latentSize }: ModelContext", "latentsize }: ModelContext"),
  });
  expect(typo).toMatch(/Property 'latentsize' does not exist on type 'ModelContext'/);
  const argument = await complaintsOf({ "my-gan.mts": MODULE.replace("gain: 1 }", "gian: 1 }") });
  expect(argument).toMatch(/'gian' does not exist in type 'EqualizedArgs'/);
  const method = await complaintsOf({ "my-gan.mts": MODULE.replace("real.neg()", "real.negative()") });
  expect(method).toMatch(/Property 'negative' does not exist on type 'Tensor/);
  const policy = await complaintsOf({ "my-gan.mts": MODULE.replace('"cutout"', '"cut"') });
  expect(policy).toMatch(/Type '"cut"' is not assignable to type '"colour" \|/);
});
