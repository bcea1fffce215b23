// A classifier on splits whose labels are not the same, and on labels that are not read: measured right, and said.
import { readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Finished, runCli, startCli, temporaryFolder } from "../support/cli.ts";
import { idx, int32 } from "../support/idx-folder.ts";

/** The image of label n has the pixel n white: a classifier that has learned it is right always. */
function image(label: number): number[] {
  return Array.from({ length: 16 }, (_, pixel) => (pixel === label ? 255 : 0));
}

async function writeSplits(trained: readonly number[], tested: readonly number[]): Promise<string> {
  const folder = await temporaryFolder();
  for (const [split, labels] of Object.entries({ train: trained, t10k: tested })) {
    const images = idx([labels.length, 4, 4], labels.flatMap(image));
    await writeFile(join(folder, `${split}-images-idx3-ubyte`), images);
    await writeFile(join(folder, `${split}-labels-idx1-ubyte`), idx([labels.length], labels));
  }
  await writeFile(
    join(folder, "line.js"),
    `export function classifier({ tf, imageShape, classes }) {
      const { layers } = tf;
      return tf.sequential({ layers: [
        layers.flatten({ inputShape: imageShape }),
        layers.dense({ units: classes, activation: "softmax" }),
      ] });
    }`,
  );
  return folder;
}

const LEARN = ["--batch", "6", "--shard", "3", "--steps", "60", "--learning-rate", "0.2"];

function train(folder: string, ...flags: string[]): Promise<Finished> {
  const model = ["--preset", "seed-cnn", "--model", join(folder, "line.js"), "--data", folder];
  return runCli(["train", "--json", "--dashboard", "off", ...model, "--out", folder, ...LEARN, ...flags]);
}

function accuracyIn({ events, stderr }: Finished): unknown {
  expect(stderr).toBe("");
  const last = events.findLast(({ event }) => event === "evaluation");
  return (last!["metrics"] as Record<string, unknown>)["accuracy"];
}

const warningsIn = ({ events }: Finished): unknown[] =>
  events.filter(({ event }) => event === "warning").map(({ message }) => message);

const cycle = (labels: readonly number[], times: number): number[] =>
  Array.from({ length: labels.length * times }, (_, i) => labels[i % labels.length]);

test("test images without some of the labels are measured against the same classes", async () => {
  const whole = await train(await writeSplits(cycle([0, 1, 2, 3], 6), [0, 1, 2, 3]));
  expect([accuracyIn(whole), warningsIn(whole)]).toEqual([1, []]);
  const fewer = await train(await writeSplits(cycle([0, 1, 2, 3], 6), [3, 1, 3]));
  expect([accuracyIn(fewer), warningsIn(fewer)]).toEqual([1, []]);
});

test("test images with labels that training lacks count as wrong, and a warning says which and how many", async () => {
  const tested = [1, 2, 4, 9, 3, 1, 2, 9, 9, 3, 9, 3, 1, 2, 4]; // more than are computed at once
  const run = await train(await writeSplits(cycle([1, 2, 4], 6), tested));
  expect(accuracyIn(run)).toBe(8 / 15);
  expect(warningsIn(run)).toEqual([
    expect.stringMatching(
      /7 of the 15 test images have labels that no training image has \(3 and 9\).*at most 53.33 %/,
    ),
  ]);
});

test("a classifier whose labels are not read, or whose test images have none, is told of the files", async () => {
  const folder = await writeSplits([0, 1, 0, 1, 0, 1], [0, 1]);
  const misnamed = async (split: string): Promise<void> => {
    const file = join(folder, `${split}-labels-idx1-ubyte`);
    await rename(file, join(folder, `${split}-lables-idx1-ubyte`));
  };
  await misnamed("t10k");
  const unmeasured = await train(folder);
  expect(unmeasured).toMatchObject({ code: 2, stderr: expect.stringContaining("the test images of ") });
  expect(unmeasured.stderr).toContain("rename it to t10k-labels-idx1-ubyte");
  await misnamed("train");
  const neither = await train(folder);
  expect(neither).toMatchObject({ code: 2, stderr: expect.stringContaining("a classifier needs labels") });
  expect(warningsIn(neither).join()).toContain("rename it to train-labels-idx1-ubyte");
});

test("a node that fetches the data learns the same classes from it", async () => {
  const folder = await writeSplits(cycle([7, 300, 2], 6), [2, 7, 9]);
  const wide = Buffer.concat(cycle([7, 300, 2], 6).map((label) => int32([label])));
  await writeFile(join(folder, "train-labels-idx1-ubyte"), idx([18], wide, 12));
  const here = await train(folder);
  const model = ["--preset", "seed-cnn", "--model", join(folder, "line.js"), "--data", folder];
  const common = ["--json", "--dashboard", "off", "--listen", "127.0.0.1:0", "--out", folder];
  const coordinator = startCli(["coordinator", ...common, ...model, ...LEARN]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  for (const split of ["train", "t10k"]) await rm(join(folder, `${split}-images-idx3-ubyte`));
  const cache = await temporaryFolder();
  const worker = startCli(["worker", "--join", String(address)], { GANGLION_CACHE: cache });
  const far = await coordinator.finished;
  await worker.finished;
  const kept = await readdir(join(cache, "data"));
  expect(kept.filter((name) => name.endsWith(".packed"))).toHaveLength(2);
  expect(far.events.at(-1)!["weightsHash"]).toBe(here.events.at(-1)!["weightsHash"]);
  expect([accuracyIn(here), accuracyIn(far)]).toEqual([2 / 3, 2 / 3]);
});
