// Augmentation in real runs: equal weights on 1, 2 and 3 workers and after a resume, and p in the run's curves.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeSafetensors } from "../../../coordinator/records/files/safetensors.ts";
import { runCli, temporaryFolder, trainJson } from "../../support/cli.ts";
import { writeIdxFolder } from "../../support/idx-folder.ts";

type Stats = Readonly<Record<string, number>>;

async function metricsOf(run: unknown): Promise<Stats[]> {
  const lines = (await readFile(join(String(run), "stats.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Stats);
}

test("with ADA the weights are equal on 1 worker, on 3 over sockets, and on 2 in a run that was resumed", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 24, [8, 8, 3], 3);
  const size = ["--filters", "4", "--batch", "12", "--shard", "4", "--average", "0"];
  const config = join(folder, "config.json");
  const target = -0.9; // p rises but where D takes all images for generated
  await writeFile(config, JSON.stringify({ augment: { kind: "ada", target } }));
  const ada = ["--config", config, "--ada-images", "96"]; // p moves by 4 · 12 / 96 = 1/2
  const flags = ["--data", data, ...size, ...ada];
  const out = (name: string): string[] => ["--out", join(folder, name)];
  const one = await trainJson([...flags, "--steps", "12", "--workers", "1", ...out("one")]);
  const two = await trainJson([...flags, "--steps", "6", "--workers", "2", ...out("two")]); // p has moved, and is to move
  const resumed = await runCli(["train", "--resume", String(two["run"]), "--steps", "12", "--json"]);
  const three = await trainJson([
    ...flags,
    "--steps",
    "12",
    "--workers",
    "3",
    "--transport",
    "ws",
    ...out("three"),
  ]);
  expect(resumed.events.at(-1)!["weightsHash"]).toBe(one["weightsHash"]);
  expect(three["weightsHash"]).toBe(one["weightsHash"]);

  const metrics = await metricsOf(one["run"]);
  const p = metrics.map((line) => line["augment/p"]);
  expect(p.slice(0, 4)).toEqual([0, 0, 0, 0]);
  const signs = metrics.map((line) => line["augment/sign"]);
  const mean = (from: number): number => signs.slice(from, from + 4).reduce((sum, sign) => sum + sign, 0) / 4;
  const moved = (before: number, from: number): number =>
    Math.min(1, Math.max(0, before + (mean(from) > target ? 0.5 : -0.5)));
  expect(p.slice(4)).toEqual([...Array.from({ length: 4 }, () => moved(0, 0)), ...Array.from({ length: 4 }, () => moved(moved(0, 0), 4))]); // prettier-ignore
  expect(Math.max(...p)).toBeGreaterThan(0); // or nothing was augmented, and nothing shown
});

test("what is exported of D are its layers' weights, without what ADA keeps among them", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 12, [8, 8, 1], 3);
  const flags = ["--filters", "4", "--batch", "6", "--shard", "6", "--augment", "ada", "--steps", "1"];
  const { run } = await trainJson(["--data", data, ...flags, "--out", join(folder, "run")]);
  const file = join(folder, "discriminator.safetensors");
  const to = ["--network", "discriminator", "--format", "safetensors", "--out", file];
  expect(await runCli(["export", String(run), ...to])).toMatchObject({ code: 0, stderr: "" });
  const { tensors } = decodeSafetensors(await readFile(file), file);
  expect([...tensors.keys()].filter((name) => name.includes("objective"))).toEqual([]);
  expect(tensors.size).toBeGreaterThan(0);
});
