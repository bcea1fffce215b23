// What follows the step, in real runs: the same on one node and on three over sockets, and never a constant.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const GAN = `
  export function generator({ tf, latentSize, imageShape, now }) {
    class Brighten extends tf.layers.Layer {
      static className = "Brighten";
      call(inputs) { return tf.add(Array.isArray(inputs) ? inputs[0] : inputs, now.values.bright); }
    }
    return tf.sequential({ layers: [
      tf.layers.dense({ units: 16, inputShape: [latentSize] }),
      new Brighten({}),
      tf.layers.reshape({ targetShape: imageShape })] });
  }
  export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
    tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });
  export function losses({ tf, generator, discriminator, samples, noise, now }) {
    const real = discriminator(samples);
    const fake = discriminator(generator(noise));
    const { step, steps, images, values } = now;
    return {
      discriminator: real.neg().softplus().mean().add(fake.softplus().mean().mul(values.weight)),
      generator: fake.neg().softplus().mean(),
      metrics: { at: step, of: steps, used: images, bright: values.bright, weight: values.weight },
    };
  }`;

type Stats = Readonly<Record<string, number>>;

async function metricsOf(run: unknown): Promise<Stats[]> {
  const lines = (await readFile(join(String(run), "stats.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Stats);
}

test("one node and three over sockets have equal weights, and each step its own values", async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "gan.mjs");
  await writeFile(model, GAN);
  const data = await writeIdxFolder(join(folder, "data"), 12, [4, 4, 1], 3);
  const values = ["--value", "bright=0:1:0:4", "--value", "weight=step:1:0.5:3"];
  const flags = ["--model", model, "--data", data, "--batch", "6", "--shard", "2", "--steps", "6", ...values];
  const one = await trainJson([...flags, "--workers", "1", "--out", join(folder, "one")]);
  const three = await trainJson([
    ...flags,
    "--workers",
    "3",
    "--transport",
    "ws",
    "--out",
    join(folder, "three"),
  ]);
  expect(three["weightsHash"]).toBe(one["weightsHash"]);
  for (const { run } of [one, three]) {
    const metrics = await metricsOf(run);
    expect(metrics.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(metrics.map(({ of }) => of)).toEqual([6, 6, 6, 6, 6, 6]);
    expect(metrics.map(({ used }) => used)).toEqual([0, 6, 12, 18, 24, 30]);
    expect(metrics.map(({ bright }) => bright)).toEqual([0, 0.25, 0.5, 0.75, 1, 1]);
    expect(metrics.map(({ weight }) => weight)).toEqual([1, 1, 1, 0.5, 0.5, 0.5]);
  }
  const picture = join(folder, "grid.png");
  const drawn = await runCli([
    "generate",
    "--checkpoint",
    String(one["run"]),
    "--count",
    "64",
    "--out",
    picture,
  ]);
  expect([drawn.code, drawn.stderr]).toEqual([0, ""]);
  expect(await readFile(picture)).toEqual(await readFile(join(String(one["run"]), "samples", "000006.png")));
});
