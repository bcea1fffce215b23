// The ledger: it sees every way to lose or repeat a sample, a shard, a phase or a version.
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  openLedger,
  readLedger,
  verifyLedger,
  type LedgerEntry,
} from "../../../../coordinator/records/ledger.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-ledger-"));
  file = join(folder, "ledger");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("entries come back as they were appended", async () => {
  const ledger = await openLedger(file, 0);
  for (const entry of steps(3)) ledger.append(entry);
  await ledger.flush();
  expect(await readLedger(file)).toEqual(steps(3));
  await ledger.close();
});

test("a resumed run drops what its checkpoint does not hold, and goes on to the same ledger", async () => {
  const killed = await openLedger(file, 0);
  for (const entry of steps(3)) killed.append(entry);
  await killed.close();
  await appendFile(file, '{"step":4,"pha');
  const resumed = await openLedger(file, 4); // the checkpoint after step 2: two phases a step
  expect(await readLedger(file)).toEqual(steps(2));
  for (const entry of steps(3).slice(4)) resumed.append(entry);
  await resumed.close();
  expect(await readLedger(file)).toEqual(steps(3));
  expect(verifyLedger(await readLedger(file), 10)).toEqual([]);
});

test("a line that is no commit is refused", async () => {
  await writeFile(file, '{"step":1}\n');
  await expect(readLedger(file)).rejects.toThrow(/ledger has a line that is no commit: phase/);
});

describe("verifyLedger", () => {
  test("accepts a whole run, an empty one, and one that stopped after a phase", () => {
    expect(verifyLedger(steps(5), 10)).toEqual([]);
    expect(verifyLedger([], 10)).toEqual([]);
    expect(verifyLedger(steps(5).slice(0, -1), 10)).toEqual([]);
  });

  test.each<[string, (entries: LedgerEntry[]) => LedgerEntry[], RegExp]>([
    [
      "a phase that is missing",
      (entries) => entries.toSpliced(3, 1),
      /step 3, phase 0: step 2, phase 1 is due/,
    ],
    [
      "a phase that is there twice",
      (entries) => entries.toSpliced(3, 0, entries[3]),
      /step 2, phase 1: step 3, phase 0 is due/,
    ],
    [
      "a step that is missing",
      (entries) => entries.toSpliced(2, 2),
      /step 3, phase 0: step 2, phase 0 is due/,
    ],
    [
      "a beginning that is missing",
      (entries) => entries.slice(1),
      /the ledger begins in the middle of a step/,
    ],
    ["a version that is skipped", change(5, { version: 7 }), /step 3, phase 1: version 7 follows 5/],
    ["a version that comes twice", change(5, { version: 5 }), /version 5 follows 5/],
    [
      "samples that were never used",
      change(2, { position: 6 }),
      /places 4 … 5 of the sample stream \(from epoch 0 on\) are never used/,
    ],
    [
      "samples that were used twice",
      change(6, { position: 11 }),
      /places 11 … 11 of the sample stream \(from epoch 1 on\) are used twice/,
    ],
    [
      "samples that were lost before the first step",
      change(0, { position: 4 }),
      /places 0 … 3 .* never used/,
    ],
    [
      "a shard without contribution",
      change(2, { contributions: [by(0, 1), by(2, 2)] }),
      /shards 1 … 1 have no contribution/,
    ],
    [
      "a shard with two",
      change(2, { contributions: [by(2, 2), by(0, 2), by(1, 1)] }),
      /shard 1 has two contributions/,
    ],
    ["the last shard missing", change(2, { contributions: [by(0, 3)] }), /has 3 shards, earlier ones had 4/],
    ["no contribution at all", change(2, { contributions: [] }), /no contributions/],
  ])("sees %s", (_, spoil, message) => {
    const violations = verifyLedger(spoil(steps(5)), 10);
    expect(violations[0]).toMatch(message);
  });
});

/** Two phases a step (the second uses no samples), 4 samples a step, 4 shards; steps from 1, versions from 1. */
function steps(count: number): LedgerEntry[] {
  return Array.from({ length: count }, (_, i) => [
    {
      step: i + 1,
      phase: 0,
      version: 2 * i + 1,
      position: 4 * i,
      samples: 4,
      contributions: [by(2, 2), by(0, 2)],
    },
    { step: i + 1, phase: 1, version: 2 * i + 2, position: 4 * i + 4, samples: 0, contributions: [by(0, 4)] },
  ]).flat();
}

function by(first: number, shards: number) {
  return { first, shards, node: "a" };
}

function change(index: number, values: Partial<LedgerEntry>) {
  return (entries: LedgerEntry[]) => entries.with(index, { ...entries[index], ...values });
}
