// Images of one's own and no preset: `dcgan` at their size, whatever it is.
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../../support/cli.ts";
import { writeIdxFolder } from "../../support/idx-folder.ts";

const SILENT = ["--json", "--dashboard", "off"];

test("trains on odd, not square images in four channels, draws them as RGBA, and goes on to the same bits", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 40, [17, 23, 4], 2);
  const flags = ["--data", data, "--filters", "2"];
  const out = ["--dashboard", "off", "--out", folder];
  const told = await runCli(["train", ...flags, "--steps", "2", ...out]);
  expect([told.code, told.stderr]).toEqual([0, ""]);
  expect(told.stdout.split("\n").slice(0, 2)).toEqual([
    expect.stringMatching(/^dcgan 17×23×4: 2 stages, 2 filters, [\d,]+ parameters$/),
    expect.stringMatching(/^preset dcgan, data .*data: 40 images 17×23×4; /),
  ]);
  const run = join(folder, "00001-dcgan-data");
  const config: unknown = JSON.parse(await readFile(join(run, "config.json"), "utf8"));
  expect(config).toMatchObject({
    preset: "dcgan",
    model: { kind: "preset", name: "dcgan", filters: 2 },
    batch: 8, // a quarter of 40, as a power of two
    shard: 8,
    length: { kind: "steps", steps: 2 },
  });
  const [grid] = await readdir(join(run, "samples"));
  const drawn = join(folder, "drawn.png");
  expect((await runCli(["generate", "--checkpoint", run, "--count", "4", "--out", drawn])).code).toBe(0);
  for (const picture of [join(run, "samples", grid), drawn])
    expect(await sharp(picture).metadata()).toMatchObject({ format: "png", channels: 4, hasAlpha: true });

  const resumed = await trainJson([...flags, "--resume", run, "--steps", "4"]);
  const whole = await trainJson([...flags, "--steps", "4", "--out", folder]);
  expect(resumed["weightsHash"]).toBe(whole["weightsHash"]);
});

test("images too small for it are refused before there is a run folder", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 40, [28, 5, 1], 2);
  const { code, stderr } = await runCli(["train", "--data", data, ...SILENT, "--out", join(folder, "runs")]);
  expect(code).toBe(2);
  expect(stderr).toContain("dcgan draws images of 8 to 256 pixels a side, and these are 28×5");
  expect(await readdir(folder)).toEqual(["data"]);
});

test("a shard of 1 is warned of as the run starts", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 8, [8, 8, 1], 2);
  const flags = ["--data", data, "--filters", "1", "--batch", "2", "--shard", "1", "--steps", "1"];
  const { events } = await runCli(["train", ...flags, ...SILENT, "--out", folder]);
  expect(events).toContainEqual(
    expect.objectContaining({
      event: "warning",
      code: "SHARD_OF_ONE",
      message: expect.stringContaining("give a larger --shard, which divides the batch of 2"),
    }),
  );
});
