// The flags of augmentation: each belongs to one kind, and says so beside another's.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configFromFlags } from "../../../../../deploy/flags/config-from-flags.ts";
import { CONFIG_FLAGS, type ConfigFlags } from "../../../../../deploy/flags/config-flags.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

async function augmentOf(flags: ConfigFlags, augment?: object): Promise<unknown> {
  if (!augment) return (await configFromFlags(flags)).config.augment;
  const config = join(await temporaryFolder(), "config.json");
  await writeFile(config, JSON.stringify({ augment }));
  return (await configFromFlags({ ...flags, config })).config.augment;
}

test("a flag of one kind stands for that kind", async () => {
  expect(await augmentOf({ augmentPolicy: ["cutout"] })).toEqual({
    kind: "diff-augment",
    policy: ["cutout"],
  });
  expect(await augmentOf({ adaTarget: 0.5 })).toMatchObject({ kind: "ada", target: 0.5, every: 4 });
});

test("a kind alone has the paper's settings", async () => {
  expect(await augmentOf({ augment: "diff-augment" })).toEqual({
    kind: "diff-augment",
    policy: ["colour", "translation", "cutout"],
  });
  expect(await augmentOf({ augment: "ada" })).toEqual({
    kind: "ada",
    transforms: ["blit", "geometry", "colour"],
    target: 0.6,
    images: 500_000,
    every: 4,
  });
});

test("flags of two kinds are refused, with both", async () => {
  await expect(augmentOf({ augment: "ada", augmentPolicy: ["cutout"] })).rejects.toThrow(
    "--augment ada and --augment-policy cutout belong to different augmentations, ada and diff-augment: leave one of the two out",
  );
  await expect(augmentOf({ augment: "none", adaTarget: 0.5 })).rejects.toThrow("none and ada");
});

test("a flag goes before the file's field, and another kind before all of the file's", async () => {
  const file = { kind: "ada", probability: 0.2, target: 0.5 };
  expect(await augmentOf({ adaTarget: 0.4 }, file)).toMatchObject({ probability: 0.2, target: 0.4 });
  expect(await augmentOf({ augment: "none" }, file)).toEqual({ kind: "none" });
});

test("color is colour", () => {
  expect(CONFIG_FLAGS.augmentPolicy.parse("color,translation")).toEqual(["colour", "translation"]);
  expect(CONFIG_FLAGS.adaTransforms.parse("blit,color")).toEqual(["blit", "colour"]);
});
