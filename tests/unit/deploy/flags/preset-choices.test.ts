// Flags about a preset's networks: what no network would follow is refused by name, with the remedy.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ConfigFlags } from "../../../../deploy/flags/config-flags.ts";
import { configFromFlags } from "../../../../deploy/flags/config-from-flags.ts";
import { temporaryFolder } from "../../../support/cli.ts";

test.each<[ConfigFlags, string]>([
  [{ preset: "seed-gan", spectralNorm: "both" }, "--spectral-norm both is for the presets dcgan, digits, mnist, resnet, sagan, r3gan, and both networks are those of preset seed-gan: leave it out, or choose --preset dcgan"],
  [{ preset: "seed-cnn", conditional: true }, "--conditional is for GANs, and this run trains a classifier: leave it out"],
  [{ preset: "seed-gan", conditional: true }, "--conditional is for the presets dcgan, digits, mnist, resnet, sagan, r3gan, and the networks of preset seed-gan take no labels: leave it out, or choose --preset dcgan"],
  [{ preset: "dcgan", minibatchStddev: true, discriminator: "d.json" }, "--minibatch-stddev is for the discriminators of dcgan, digits, mnist, resnet, sagan, r3gan, and the discriminator is that of --discriminator: leave it out"],
  [{ preset: "dcgan", conditional: true, generatorConditioning: "concatenation", generator: "g.json" }, "--generator-conditioning concatenation is for the generators of"],
  [{ preset: "acgan", conditional: true, generator: "g.json", discriminator: "d.json" }, "--conditional is for the networks of dcgan, digits, mnist, resnet, sagan, r3gan, and both networks are those of --generator and --discriminator"],
  [{ preset: "dcgan", generatorConditioning: "batch-norm" }, "--generator-conditioning batch-norm has no effect without --conditional: add that, or leave it out"],
  [{ preset: "dcgan", conditional: true, discriminatorConditioning: "none" }, "--discriminator-conditioning none leaves the discriminator without labels, and the other could do nothing with its own"],
  [{ preset: "r3gan", conditional: true, generatorConditioning: "batch-norm" }, "--generator-conditioning batch-norm needs batch normalization, and r3gan has none: choose concatenation"],
  [{ preset: "r3gan", spectralNorm: "discriminator" }, "--spectral-norm discriminator does not go with the networks of r3gan"],
  [{ preset: "r3gan", filters: 20 }, "--filters 20 does not fall into r3gan's groups of 16 channels: give a multiple of 8, such as 32"],
  [{ preset: "sagan", equalized: true, initializer: "normal" }, "--equalized scales kernels, and spectral normalization (both) undoes every scale: leave it out, or give --spectral-norm none"],
  [{ preset: "dcgan", equalized: true, initializer: "orthogonal" }, "--equalized draws kernels from N(0, 1), and the initializer is to be orthogonal"],
  [{ preset: "dcgan", blocks: 2 }, "--blocks 2 is for r3gan, and the networks are those of preset dcgan: leave it out"],
])("%o", async (flags, said) => {
  const error: unknown = await configFromFlags(flags).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ exitCode: 2, message: expect.stringContaining(said) as string });
}); // prettier-ignore

test.each<ConfigFlags>([
  { spectralNorm: "both" }, { minibatchStddev: true }, { attention: 16 }, { equalized: true }, { initializer: "normal" }, { conditional: true }, { blocks: 2 },
])("%o is refused beside a module, by the flag's name", async (flags) => {
  const module = join(await temporaryFolder(), "gan.mjs");
  await writeFile(module, "export const generator = () => {};");
  const error: unknown = await configFromFlags({ ...flags, model: module }).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "USAGE", message: expect.stringMatching(/^--[a-z-]+ .*is for the presets dcgan, .* those of .*gan\.mjs: leave it out/) as string });
}); // prettier-ignore

test("a preset's own choices give way to saved networks in silence, and what asks for nothing is accepted", async () => {
  const both = { generator: "g.json", discriminator: "d.json" };
  const { config } = await configFromFlags({ preset: "seed-gan", spectralNorm: "none", attention: 0 });
  expect(config.model).toMatchObject({ name: "seed-gan" });
  // The saved file is not there: the preset's own spectral norms and filters are not what is complained of
  await expect(configFromFlags({ preset: "sngan", ...both })).rejects.toThrow("g.json");
});

test("flags override a preset's parts one by one", async () => {
  const { config } = await configFromFlags({ preset: "sngan", spectralNorm: "both", loss: "wasserstein", filters: 8, discriminatorRounds: 2, learningRate: 1e-3 }); // prettier-ignore
  expect(config).toMatchObject({
    model: { kind: "preset", name: "resnet", spectralNorm: "both", filters: 8 },
    loss: "wasserstein",
    schedule: { kind: "alternating", discriminatorRounds: 2 },
    optimizer: { learningRate: 1e-3, beta1: 0, beta2: 0.9 },
  });
});
