// A run whose losses never use the samples says so, once, before its first step.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, temporaryFolder } from "../support/cli.ts";

const LOSSES = `export function losses({ tf, generator, discriminator, noise }) {
  const score = tf.mean(tf.square(discriminator(generator(noise))));
  return { discriminator: score, generator: tf.neg(score) };
}`;
const NETWORKS = `export const generator = ({ tf, imageShape, latentSize }) => tf.sequential({ layers: [
  tf.layers.dense({ units: 28 * 28, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: [...imageShape] }),
] });
export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
  tf.layers.flatten({ inputShape: [...imageShape] }), tf.layers.dense({ units: 1 }),
] });`;

test("a run with losses that never use the samples warns of it once, before its first step", async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "blind.mjs");
  await writeFile(model, `${NETWORKS}\n${LOSSES}`);
  const size = ["--steps", "2", "--batch", "8", "--shard", "4", "--workers", "1", "--dashboard", "off"];
  const { code, events } = await runCli(["train", "--model", model, ...size, "--json", "--out", folder]);
  expect(code).toBe(0);
  const told = events.filter((event) => event["code"] === "SAMPLES_UNUSED");
  expect(told).toMatchObject([{ event: "warning" }]);
  expect(events.indexOf(told[0])).toBeLessThan(events.findIndex(({ event }) => event === "step"));
});
