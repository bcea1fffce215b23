// Pictures of a conditional generator: its classes in turn, one a column, or all of one class.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { idx, writeIdxFolder } from "../support/idx-folder.ts";

const CLASSES = 3;
const FLAGS = ["--batch", "6", "--shard", "3", "--steps", "1"];

/** An image of this generator is decided by its class: the noise is multiplied by 0. */
const BY_CLASS = `
export function generator({ tf, imageShape, latentSize, classes }) {
  const { layers } = tf;
  const [z, labels] = [tf.input({ shape: [latentSize] }), tf.input({ shape: [classes] })];
  const none = layers.dense({ units: classes, kernelInitializer: "zeros", trainable: false }).apply(z);
  const pixels = layers.dense({ units: 4, activation: "tanh" }).apply(layers.add().apply([none, labels]));
  return tf.model({ inputs: [z, labels], outputs: layers.reshape({ targetShape: imageShape }).apply(pixels) });
}
export function discriminator({ tf, imageShape }) {
  const { layers } = tf;
  return tf.sequential({ layers: [layers.flatten({ inputShape: imageShape }), layers.dense({ units: 1 })] });
}
`;

interface Picture {
  readonly width: number;
  readonly height: number;
  /** The part that begins there, of the size of another. */
  readonly at: (left: number, top: number, like: Pick<Picture, "width" | "height">) => Promise<Buffer>;
}

async function pictureIn(file: string): Promise<Picture> {
  const { width, height } = await sharp(file).metadata();
  const part: Picture["at"] = (left, top, like) =>
    sharp(file).extract({ left, top, width: like.width, height: like.height }).raw().toBuffer();
  return { width, height, at: part };
}

test("a conditional generator draws one class a column, in order, or one class alone", async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "by-class.js");
  await writeFile(model, BY_CLASS);
  const data = await writeIdxFolder(join(folder, "data"), 12, [2, 2, 1], CLASSES);
  const { run } = await trainJson(["--model", model, "--data", data, ...FLAGS, "--out", folder]);
  const draw = async (...flags: string[]): Promise<Picture> => {
    const file = join(folder, `${flags.join("")}.png`);
    const { code, stderr } = await runCli(["generate", "--checkpoint", String(run), "--out", file, ...flags]);
    expect([code, stderr]).toEqual([0, ""]);
    return pictureIn(file);
  };
  const ones = await Promise.all([0, 1, 2].map((one) => draw("--class", String(one), "--count", "1")));
  const [one] = ones;
  const tiles = await Promise.all(ones.map((picture) => picture.at(0, 0, one)));
  expect(new Set(tiles.map((tile) => tile.toString("hex"))).size).toBe(CLASSES);

  const [all, second] = await Promise.all([draw("--count", "6"), draw("--class", "2", "--count", "6")]);
  const pitch = (all.width - one.width) / 2; // of three columns; tiles share the gap between them
  expect([all.height, second.width]).toEqual([one.height + pitch, all.width]);
  for (let i = 0; i < 6; i++) {
    const [left, top] = [(i % 3) * pitch, Math.floor(i / 3) * pitch];
    expect(await all.at(left, top, one), `image ${i}`).toEqual(tiles[i % CLASSES]);
    expect(await second.at(left, top, one), `image ${i}`).toEqual(tiles[2]);
  }

  const refused = await runCli(["generate", "--checkpoint", String(run), "--class", "3"]);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("choose one from 0 to 2") });
});

test("a class is named by its label in the data, and what never occurred is no class", async () => {
  const folder = await temporaryFolder();
  const model = join(folder, "by-class.js");
  await writeFile(model, BY_CLASS);
  const data = await writeIdxFolder(join(folder, "data"), 12, [2, 2, 1], CLASSES);
  const dense = await trainJson(["--model", model, "--data", data, ...FLAGS, "--out", folder]);
  const labels = Array.from({ length: 12 }, (_, i) => [3, 7, 255][i % CLASSES]); // for 0, 1, 2
  await writeFile(join(data, "train-labels-idx1-ubyte"), idx([12], labels));
  const again = ["--model", model, "--data", data, ...FLAGS, "--out", folder, "--dashboard", "off"];
  const { events } = await runCli(["train", "--json", ...again]);
  expect(events.find(({ event }) => event === "run")).toMatchObject({ classes: 3, labels: [3, 7, 255] });
  const sparse = events.at(-1)!;
  expect(sparse["weightsHash"]).toBe(dense["weightsHash"]); // the same classes under other names

  const draw = async (run: unknown, label: number): Promise<Buffer> => {
    const file = join(folder, `${label}.png`);
    const flags = ["--checkpoint", String(run), "--class", String(label), "--count", "1", "--out", file];
    expect(await runCli(["generate", ...flags])).toMatchObject({ code: 0, stderr: "" });
    return sharp(file).raw().toBuffer();
  };
  expect(await draw(sparse["run"], 7)).toEqual(await draw(dense["run"], 1));
  const refused = await runCli(["generate", "--checkpoint", String(sparse["run"]), "--class", "0"]);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(
      "--class 0 is none of the 3 classes of the run: choose among its labels 3, 7 and 255",
    ),
  });
});

test("a class is refused where the generator takes no labels", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 12, [28, 28, 1], CLASSES);
  const { run } = await trainJson(["--preset", "digits", "--data", data, ...FLAGS, "--out", folder]);
  const picture = join(folder, "x.png");
  const refused = await runCli(["generate", "--checkpoint", String(run), "--class", "0", "--out", picture]);
  expect(refused).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("--class 0 is for a generator that takes labels"),
  });
});
