// Numbers that follow the images, in real runs: the same bits on one node and on three, after a resume, and in a replay.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadNewestCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import { openRunFolder } from "../../../coordinator/records/run-folder.ts";
import { runCli, temporaryFolder, trainJson } from "../../support/cli.ts";
import { writeIdxFolder } from "../../support/idx-folder.ts";

/** D takes 8 samples twice a step. */
const SCHEDULED = [
  "--schedule alternating --discriminator-rounds 2 --r1 linear:2:0:0:96 --r1-every 3 --top-k linear:1:0.5:0:64",
  "--beta1 0 --beta2 cosine:0.9:0.99:0:96 --learning-rate linear:1e-3:1e-4:32:96",
  "--average-half-life linear:16:64:0:96 --average-ramp-up 0.5",
].flatMap((line) => line.split(" "));

test("γ, top-k, betas, rate and average: one node, three, a resumed run and its replay are equal", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 24, [28, 28, 1], 3);
  const flags = [
    "--preset",
    "mnist",
    "--filters",
    "4",
    "--data",
    data,
    "--batch",
    "8",
    "--shard",
    "4",
    ...SCHEDULED,
  ];
  const run = (name: string, ...more: string[]): Promise<Record<string, unknown>> =>
    trainJson([...flags, "--out", join(folder, name), ...more]);
  const one = await run("one", "--steps", "6");
  const three = await run("three", "--steps", "6", "--workers", "3", "--transport", "ws");
  expect(three["weightsHash"]).toBe(one["weightsHash"]);

  const stats = await statsOf(one["run"]);
  // D's two rounds take 16 samples a step, and R1's, in steps 0 and 3, 8 more: steps begin at 0, 24, 40, 56, 80, 96
  const begin = [0, 24, 40, 56, 80, 96];
  expect(stats.map((line) => line["config/regularizers.r1.gamma"])).toEqual(begin.map((images) => expect.closeTo(2 - images / 48, 6) as number)); // prettier-ignore
  expect(stats.map((line) => line["config/topK"])).toEqual(begin.map((images) => expect.closeTo(Math.max(0.5, 1 - images / 128), 6) as number)); // prettier-ignore
  expect(stats[0]).toMatchObject({
    "beta2/discriminator": expect.any(Number) as number,
    "rate/generator": 1e-3,
  });
  expect(stats.some((line) => "beta1/generator" in line)).toBe(false);
  expect(stats.map((line) => "penalty/r1" in line)).toEqual([true, false, false, true, false, false]);

  const half = await run("half", "--steps", "3");
  const resumed = await trainJson(["--resume", String(half["run"]), "--steps", "6"]);
  expect(resumed["weightsHash"]).toBe(one["weightsHash"]);
  const config = join(String(resumed["run"]), "config.json");
  const replay = await trainJson(["--config", config, "--out", join(folder, "replay")]);
  expect(replay["weightsHash"]).toBe(one["weightsHash"]);
  const averages = await Promise.all([one, three, resumed, replay].map(({ run: path }) => averageOf(path)));
  for (const average of averages) expect(average).toEqual(averages[0]);
}, 120_000);

test("a ramp that the run does not see whole is told", async () => {
  const out = await temporaryFolder();
  const flags = [
    "--preset",
    "digits",
    "--batch",
    "8",
    "--shard",
    "8",
    "--steps",
    "2",
    "--beta2",
    "cosine:0.9:0.99:0:160",
  ];
  const { code, stdout } = await runCli(["train", ...flags, "--json", "--dashboard", "off", "--out", out]);
  expect(code).toBe(0);
  expect(stdout).toContain(
    "config field optimizer.beta2 comes to 0.99 at 160 images, and the run ends at 16",
  );
});

async function statsOf(run: unknown): Promise<Readonly<Record<string, number>>[]> {
  const lines = (await readFile(join(String(run), "stats.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Record<string, number>);
}

async function averageOf(run: unknown): Promise<Float32Array | null> {
  const folder = await openRunFolder(String(run));
  try {
    return (await loadNewestCheckpoint(folder)).checkpoint.ema;
  } finally {
    await folder.release();
  }
}
