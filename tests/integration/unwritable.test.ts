// Records that a run can do without, in the way of which something stands: it goes on, says so once, and its bits are the same.
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { mkdir, readdir, rm, rmdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readLedger } from "../../coordinator/records/ledger.ts";
import { readJsonLines } from "../../coordinator/records/files/json-lines.ts";
import { startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { isLinux } from "../support/linux.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { type SmallOutcome, smallConfig, smallRun } from "../support/small-run.ts";

const EVERY_STEP = { sampleEvery: 1, checkpointEvery: 1 };

test("stats and pictures that cannot be written are one warning each, and go on as soon as they can be", async () => {
  const out = await temporaryFolder();
  const path = join(out, "00001-small");
  const [statsFile, samples] = [join(path, "stats.jsonl"), join(path, "samples")];
  const warnings: string[] = [];
  const second = await run(out, 8, {
    before() {
      mkdirSync(statsFile);
      rmdirSync(samples);
      writeFileSync(samples, "");
    },
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
      /^cannot write .*samples: EEXIST.*; the run goes on, pictures of steps that it has yet/,
    ),
    expect.stringMatching(
      /^cannot write pictures to .*samples: ENOTDIR.*; the run goes on, this one is missing$/,
    ),
  ]);
  const steps = (await readJsonLines(statsFile)).map((line) => (line as { step: number }).step);
  expect(steps.at(-1)).toBe(8);
  expect(steps).toEqual(steps.map((_, i) => 8 - steps.length + 1 + i)); // a gap, then every one
  expect(await readdir(samples)).toEqual(expect.arrayContaining(["000008.png", "index.json"]));
  expect(await readLedger(second.folder.ledgerFile)).toHaveLength(3 * 8);

  const undisturbed = await run(await temporaryFolder(), 8);
  expect(second.outcome?.weightsHash).toBe(undisturbed.outcome?.weightsHash);
});

test.runIf(isLinux)(
  "a log and a status that cannot be written are one warning each of a train that ends with 0",
  async () => {
    const out = await temporaryFolder();
    const flags = ["--preset", "digits", "--batch", "8", "--shard", "8", "--workers", "1", "--out", out];
    const { run: folder } = (await trainJson([...flags, "--steps", "1"])) as unknown as {
      readonly run: string;
    };
    await rm(join(folder, "log.txt"));
    await symlink("/dev/full", join(folder, "log.txt"));
    const program = startCli(["train", "--resume", folder, "--steps", "400", "--dashboard", "off", "--json"]);
    await program.event(({ event }) => event === "step");
    const statusFile = join(folder, "status.json");
    await rm(statusFile);
    await mkdir(statusFile);
    const { code, stderr, events } = await program.finished;
    expect([code, stderr]).toEqual([0, ""]);
    const messages = events.filter(({ event }) => event === "warning").map(({ message }) => String(message));
    expect(messages.toSorted()).toEqual([
      expect.stringMatching(/^cannot write .*log\.txt: ENOSPC.*; the run goes on, its log lacks/),
      expect.stringMatching(/^cannot write .*status\.json: E.*; until it can, ganglion status shows/),
    ]);
  },
);

interface Disturbed {
  /** When the folder is there and nothing is in it yet. */
  readonly before?: () => void;
  readonly onStep?: (step: number) => Promise<void>;
  readonly warnings?: string[];
}

async function run(
  out: string,
  steps: number,
  { before, onStep, warnings }: Disturbed = {},
): Promise<SmallOutcome> {
  const done: Promise<void>[] = [];
  const ended = await smallRun({
    config: smallConfig(steps, EVERY_STEP),
    out,
    nodes(hub) {
      before?.();
      startFakeNode({ hub, id: "a" });
    },
    onEvent(event) {
      if (event.type === "step" && onStep) done.push(onStep(event.step));
      if (event.type === "warning") warnings?.push(event.message);
    },
  });
  await Promise.all(done);
  return ended;
}
