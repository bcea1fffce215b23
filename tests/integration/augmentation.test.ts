// Augmentation in real runs: equal weights on 1, 2 and 3 workers and after a resume, and p in the run's curves.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

type Stats = Readonly<Record<string, number>>;

async function metricsOf(run: unknown): Promise<Stats[]> {
  const lines = (await readFile(join(String(run), "stats.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Stats);
}

test("with ADA the weights are equal on 1, 2 and 3 workers, over threads and sockets, and after a resume", async () => {
  const folder = await temporaryFolder();
  const data = await writeIdxFolder(join(folder, "data"), 24, [8, 8, 3], 3);
  const size = ["--filters", "4", "--batch", "12", "--shard", "4", "--average", "0"];
  const config = join(folder, "config.json");
  const target = -0.9; // p rises but where D takes all images for generated
  await writeFile(config, JSON.stringify({ augment: { kind: "ada", target } }));
  const ada = ["--config", config, "--ada-images", "96"]; // p moves by 4 · 12 / 96 = 1/2
  const flags = ["--data", data, ...size, ...ada, "--steps", "12", "--checkpoint-every", "12"];
  const out = (name: string): string[] => ["--out", join(folder, name)];
  const one = await trainJson([...flags, "--workers", "1", ...out("one")]);
  const two = await trainJson([...flags, "--workers", "2", ...out("two")]);
  const three = await trainJson([...flags, "--workers", "3", "--transport", "ws", ...out("three")]);
  expect([two["weightsHash"], three["weightsHash"]]).toEqual([one["weightsHash"], one["weightsHash"]]);

  const metrics = await metricsOf(one["run"]);
  const p = metrics.map((line) => line["augment/p"]);
  expect(p.slice(0, 4)).toEqual([0, 0, 0, 0]);
  const signs = metrics.map((line) => line["augment/sign"]);
  const mean = (from: number): number => signs.slice(from, from + 4).reduce((sum, sign) => sum + sign, 0) / 4;
  const moved = (before: number, from: number): number =>
    Math.min(1, Math.max(0, before + (mean(from) > target ? 0.5 : -0.5)));
  expect(p.slice(4)).toEqual([...Array.from({ length: 4 }, () => moved(0, 0)), ...Array.from({ length: 4 }, () => moved(moved(0, 0), 4))]); // prettier-ignore
  expect(Math.max(...p)).toBeGreaterThan(0); // or nothing was augmented, and nothing shown

  const resumed = await runCli(["train", "--resume", String(one["run"]), "--steps", "16", "--json"]);
  const whole = await trainJson([...flags, "--steps", "16", "--workers", "1", ...out("whole")]);
  expect(resumed.events.at(-1)!["weightsHash"]).toBe(whole["weightsHash"]);
});
