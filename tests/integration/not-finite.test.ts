// A run that comes to the root of zero after three healthy steps is told so, with the step: it has not diverged.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const GAN = `
  export const generator = ({ tf, imageShape, latentSize }) => tf.sequential({ layers: [
    tf.layers.dense({ units: 16, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: imageShape })] });
  export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
    tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });
  export function losses({ tf, generator, discriminator, samples, noise, now }) {
    const [real, fake] = [discriminator(samples), discriminator(generator(noise))];
    const penalty = tf.norm(real.mul(tf.relu(tf.sub(3, now.step))));
    return {
      discriminator: real.neg().softplus().mean().add(fake.softplus().mean()).add(penalty),
      generator: fake.neg().softplus().mean(),
    };
  }`;

test("the step, the losses, the root and the remedy stand in the error, the event and the status; the exit code is 3", async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "gan.mjs");
  await writeFile(model, GAN);
  const data = await writeIdxFolder(join(folder, "data"), 12, [4, 4, 1], 3);
  const out = join(folder, "runs");
  const size = ["--batch", "6", "--shard", "3", "--steps", "8", "--workers", "2"];
  const flags = ["--model", model, "--data", data, ...size, "--out", out, "--dashboard", "off"];
  const { code, stderr, events } = await runCli(["train", ...flags, "--json"]);
  const cause =
    "step 4, phase both: the losses take the square root of 0, whose slope is infinite: write tf.sqrt(x.add(1e-12))";
  expect([code, stderr]).toEqual([3, `ganglion: ${cause}\n`]);
  expect(events.filter(({ event }) => event === "step")).toHaveLength(3);
  expect(events.findLast(({ event }) => event === "run")).toMatchObject({ state: "diverged", reason: cause });
  expect((await runCli(["status", "--out", out])).stdout).toContain(cause);
});
