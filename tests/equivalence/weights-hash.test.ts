// One seed, one set of weights: whatever the workers, the threads, the transport, and what happens to them.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { startCli, temporaryFolder, trainJson } from "../support/cli.ts";

const SEEDED = ["--preset", "digits", "--seed", "7"];
const TWELVE = [...SEEDED, "--steps", "12"];
const STROKES = 60_000;

describe("digits, 12 steps, seed 7", () => {
  test("has the same weights on 1, 2 and 3 workers, 1 and 2 threads, over memory and ws, and resumed", async () => {
    const out = await temporaryFolder();
    const run = (...flags: string[]): Promise<unknown> =>
      trainJson([...TWELVE, "--out", out, ...flags]).then((done) => done["weightsHash"]);
    const expected = await run("--workers", "1");
    expect(expected).toMatch(/^[0-9a-f]{64}$/);
    expect(await run("--workers", "2")).toBe(expected);
    expect(await run("--workers", "3")).toBe(expected);
    expect(await run("--workers", "1", "--threads", "2")).toBe(expected);
    expect(await run("--workers", "2", "--transport", "ws")).toBe(expected);
    expect(await run("--workers", "1", "--threads", "2", "--transport", "ws")).toBe(expected);

    const half = await trainJson([...SEEDED, "--steps", "6", "--out", out]);
    expect(half["weightsHash"]).not.toBe(expected);
    const whole = await trainJson(["--resume", String(half["run"]), "--steps", "12", "--workers", "3"]);
    expect(whole).toMatchObject({ steps: 12, version: 12, images: 12 * 128, weightsHash: expected });
    await expectSoundLedger(String(whole["run"]), 12);
  });

  test("has other weights with another seed", async () => {
    const out = await temporaryFolder();
    const small = ["--preset", "digits", "--steps", "1", "--batch", "4", "--shard", "2", "--out", out];
    const [one, two] = [
      await trainJson([...small, "--seed", "1"]),
      await trainJson([...small, "--seed", "2"]),
    ];
    expect(one["weightsHash"]).not.toBe(two["weightsHash"]);
  });
});

describe("small batches of 8 in 4 shards", () => {
  const flags = (out: string): string[] => [
    "--preset",
    "digits",
    "--batch",
    "8",
    "--shard",
    "2",
    "--seed",
    "3",
    "--out",
    out,
  ];

  test("two rounds of D and one of G give the same weights on 1 and 3 workers", async () => {
    const out = await temporaryFolder();
    const config = join(out, "alternating.json");
    await writeFile(config, JSON.stringify({ schedule: { kind: "alternating", discriminatorRounds: 2 } }));
    const alternating = [...flags(out), "--steps", "6", "--config", config];
    const one = await trainJson([...alternating, "--workers", "1"]);
    const three = await trainJson([...alternating, "--workers", "3"]);
    expect(three["weightsHash"]).toBe(one["weightsHash"]);
    expect(one).toMatchObject({ version: 18, images: 6 * 2 * 8 });
    await expectSoundLedger(String(three["run"]), 18);
  });

  test("a run that is killed and resumed ends with the weights and the picture of one that was not", async () => {
    const out = await temporaryFolder();
    const config = join(out, "often.json");
    await writeFile(config, JSON.stringify({ checkpointEvery: 5, sampleEvery: 200 }));
    const often = [...flags(out), "--config", config];
    const whole = await trainJson([...often, "--steps", "200"]);

    const killed = startCli(["train", "--json", "--dashboard", "off", ...often, "--steps", "100000"]);
    const { run } = await killed.event(({ event }) => event === "run");
    await killed.event(({ event, step }) => event === "checkpoint" && Number(step) >= 20);
    killed.process.kill("SIGKILL");
    await killed.finished;
    const folder = join(out, String(run));
    const [, reached] = /(\d+)\.safetensors/.exec(
      (await readdir(join(folder, "checkpoints"))).sort().at(-1)!,
    )!;
    expect(Number(reached)).toBeLessThan(200); // else the machine was too fast for this test: raise the steps

    const resumed = await trainJson(["--resume", folder, "--steps", "200"]);
    expect(resumed["weightsHash"]).toBe(whole["weightsHash"]);
    const picture = (path: string): Promise<Buffer> => readFile(join(path, "samples", "000200.png"));
    expect(await picture(folder)).toEqual(await picture(String(whole["run"])));
    await expectSoundLedger(folder, 200);
  });
});

async function expectSoundLedger(run: string, phases: number): Promise<void> {
  const entries = await readLedger((await findRun(run)).ledgerFile);
  expect(entries).toHaveLength(phases);
  expect(verifyLedger(entries, STROKES)).toEqual([]);
}
