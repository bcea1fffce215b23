// Records that a run can do without, in the way of which something stands: it goes on, says so once, and its bits are the same.
import { mkdir, readdir, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLedger } from "../../coordinator/ledger.ts";
import { readJsonLines } from "../../shared/json-lines.ts";
import { runCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { type SmallOutcome, smallConfig, smallRun } from "../support/small-run.ts";

const EVERY_STEP = { sampleEvery: 1, checkpointEvery: 1 };

test("stats and pictures that cannot be written are one warning each, and go on as soon as they can be", async () => {
  const out = await temporaryFolder();
  const first = await run(out, 2);
  const { statsFile, samples, path } = first.folder;
  const seen = await readJsonLines(statsFile);
  await rm(statsFile);
  await mkdir(statsFile);
  await rm(samples, { recursive: true });
  await writeFile(samples, "");
  const warnings: string[] = [];
  const second = await run(out, 8, {
    resume: path,
    async onStep(step) {
      if (step !== 5) return;
      await rmdir(statsFile);
      await rm(samples);
      await mkdir(samples);
    },
    warnings,
  });
  expect(second.error).toBeNull();
  expect(warnings).toEqual([
    expect.stringMatching(/^cannot write .*stats\.jsonl: EISDIR.*; the run goes on, its charts lack/),
    expect.stringMatching(
      /^cannot write .*samples: ENOTDIR.*; the run goes on, pictures of steps that it has yet/,
    ),
    expect.stringMatching(
      /^cannot write pictures to .*samples: ENOTDIR.*; the run goes on, this one is missing$/,
    ),
  ]);
  expect(seen).toHaveLength(2);
  const steps = (await readJsonLines(statsFile)).map((line) => (line as { step: number }).step);
  expect(steps.at(-1)).toBe(8);
  expect(steps).toEqual(steps.map((_, i) => 8 - steps.length + 1 + i)); // a gap, then every one
  expect((await readdir(samples)).at(-1)).toBe("000008.png");
  expect(await readLedger(second.folder.ledgerFile)).toHaveLength(3 * 8);

  const undisturbed = await run(await temporaryFolder(), 8);
  expect(second.outcome?.weightsHash).toBe(undisturbed.outcome?.weightsHash);
});

test("a log and a status that cannot be written are one warning each of a train that ends with 0", async () => {
  const out = await temporaryFolder();
  const flags = ["--preset", "digits", "--batch", "8", "--shard", "8", "--workers", "1", "--out", out];
  const { run: folder } = (await trainJson([...flags, "--steps", "1"])) as unknown as {
    readonly run: string;
  };
  for (const name of ["log.txt", "status.json"]) {
    await rm(join(folder, name));
    await mkdir(join(folder, name));
  }
  const words = ["train", "--resume", folder, "--steps", "3", "--dashboard", "off", "--json"];
  const { code, stderr, events } = await runCli(words);
  expect([code, stderr]).toEqual([0, ""]);
  const messages = events.filter(({ event }) => event === "warning").map(({ message }) => String(message));
  expect(messages.toSorted()).toEqual([
    expect.stringMatching(/^cannot write .*log\.txt: EISDIR.*; the run goes on, its log lacks/),
    expect.stringMatching(/^cannot write .*status\.json: EISDIR.*; until it can, ganglion status shows/),
  ]);
});

interface Disturbed {
  readonly resume?: string;
  readonly onStep?: (step: number) => Promise<void>;
  readonly warnings?: string[];
}

async function run(
  out: string,
  steps: number,
  { resume, onStep, warnings }: Disturbed = {},
): Promise<SmallOutcome> {
  const done: Promise<void>[] = [];
  const ended = await smallRun({
    config: smallConfig(steps, EVERY_STEP),
    out,
    ...(resume !== undefined && { resume }),
    nodes: (hub) => void startFakeNode({ hub, id: "a" }),
    onEvent(event) {
      if (event.type === "step" && onStep) done.push(onStep(event.step));
      if (event.type === "warning") warnings?.push(event.message);
    },
  });
  await Promise.all(done);
  return ended;
}
