// What a run keeps, as its user sees it: checkpoints by --keep, also by another on a resume, and ganglion runs.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";

const SMALL = ["--preset", "digits", "--filters", "2", "--batch", "4", "--shard", "4", "--workers", "1"];

test("a run keeps what --keep says, another on a resume, and ganglion runs shows and exports it", async () => {
  const out = await temporaryFolder();
  const cadence = ["--checkpoint-every", "2", "--sample-every", "2", "--sample-count", "4"];
  const labels = ["--name", "first try", "--tag", "small"];
  const begun = await trainJson([
    ...SMALL,
    ...cadence,
    ...labels,
    "--steps",
    "9",
    "--keep",
    "2",
    "--out",
    out,
  ]);
  const run = String(begun["run"]);
  expect(run).toBe(join(out, "00001-first-try"));
  const checkpoints = async (): Promise<number[]> =>
    (await readdir(join(run, "checkpoints"))).map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
  expect(await checkpoints()).toEqual([8, 9]);

  await trainJson(["--resume", run, "--steps", "14", "--keep", "all", "--checkpoint-every", "1"]);
  expect(await checkpoints()).toEqual([8, 9, 10, 11, 12, 13, 14]);

  const listed = await runCli(["runs", "--out", out, "--json"]);
  expect(listed.events).toMatchObject([
    { event: "run", number: 1, run: "00001-first-try", name: "first try", tags: ["small"], state: "done", step: 14, steps: 14, checkpoints: await checkpoints() },
  ]); // prettier-ignore
  const one = await runCli(["runs", "first-try", "--out", out]);
  expect(one.stdout).toMatch(/session +\S+, from step 9, done at step 14/);
  const csv = await runCli(["runs", "1", "--csv", "--out", out]);
  const [head, ...rows] = csv.stdout.trimEnd().split(/\r?\n/);
  expect(head).toMatch(/^step,version,images,.*loss\/discriminator,loss\/generator/);
  expect(rows.map((row) => Number.parseInt(row, 10))).toEqual(Array.from({ length: 14 }, (_, i) => i + 1));
  expect(new Set(rows.map((row) => row.split(",").length))).toEqual(new Set([head.split(",").length]));
});

test("--csv without its run, and a --keep that means nothing, are refused with what to write", async () => {
  const out = await temporaryFolder();
  const csv = await runCli(["runs", "--csv", "--out", out]);
  expect([csv.code, csv.stderr]).toEqual([
    2,
    expect.stringContaining("write for example ganglion runs 7 --csv"),
  ]);
  for (const value of ["0", "-1", "1.5", "newest", ""]) {
    const { code, stderr } = await runCli(["train", ...SMALL, "--keep", value, "--out", out]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("Give how many of the newest stay, such as 5, or all, or thinned.")]); // prettier-ignore
  }
  expect(await readdir(out)).toEqual([]);
});
