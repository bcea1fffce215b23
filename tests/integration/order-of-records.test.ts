// In which order a run leases, records and reports: what is written waits for the next leases, and nothing overtakes.
import { expect, onTestFinished, test, vi } from "vitest";
import { LeaseTable } from "../../coordinator/leases/lease-table.ts";
import { readLedger } from "../../coordinator/records/ledger.ts";
import { Records } from "../../coordinator/records/records.ts";
import type { RunFolder } from "../../coordinator/records/run-folder.ts";
import { temporaryFolder } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

/** Two rounds of D and one of G. */
const PHASES = 3;
const STEPS = 3;

test("a commit is recorded when the next round is leased, before the round after it; a step's event comes before the next step", async () => {
  const { order, folder } = await run({});
  const expected = [
    "lease 0, lease 1, commit 1, lease 2, commit 2, event 1",
    "lease 3, commit 3, stats 1, lease 4, commit 4, lease 5, commit 5, event 2",
    "lease 6, commit 6, stats 2, lease 7, commit 7, lease 8, commit 8, event 3",
    "commit 9, stats 3, checkpoint 3", // nothing is left of the last step when it is saved
  ];
  expect(order.join(", ")).toBe(expected.join(", "));
  const versions = (await readLedger(folder.ledgerFile)).map(({ version }) => version);
  expect(versions).toEqual(Array.from({ length: STEPS * PHASES }, (_, i) => i + 1));
});

test("a checkpoint waits for all that its step has left to be recorded", async () => {
  const { order } = await run({ checkpointEvery: 1 });
  const expected = [
    "lease 0, lease 1, commit 1, lease 2, commit 2, event 1, commit 3, stats 1, checkpoint 1",
    "lease 3, lease 4, commit 4, lease 5, commit 5, event 2, commit 6, stats 2, checkpoint 2",
    "lease 6, lease 7, commit 7, lease 8, commit 8, event 3, commit 9, stats 3, checkpoint 3",
  ];
  expect(order.join(", ")).toBe(expected.join(", "));
});

/** What happened in which order, leases of one round once; without pictures but at the end. */
async function run(
  changes: Parameters<typeof smallConfig>[1],
): Promise<{ readonly order: readonly string[]; readonly folder: RunFolder }> {
  onTestFinished(() => void vi.restoreAllMocks());
  const order: string[] = [];
  note(LeaseTable.prototype, "lease", ({ version, work }) => {
    if (work.kind === "phase") order.push(`lease ${version}`);
  });
  note(Records.prototype, "commit", ({ version }) => order.push(`commit ${version}`));
  note(Records.prototype, "step", ({ step }) => order.push(`stats ${step}`));
  note(Records.prototype, "checkpoint", ({ step }) => order.push(`checkpoint ${step}`));
  const { error, folder } = await smallRun({
    config: smallConfig(STEPS, { sampleEvery: 100, ...changes }),
    out: await temporaryFolder(),
    nodes: (hub) => void startFakeNode({ hub, id: "a", threads: 8 }),
    onEvent: (event) => {
      if (event.type === "step") order.push(`event ${event.step}`);
    },
  });
  expect(error).toBeNull();
  return { order: order.filter((one, i) => one !== order[i - 1]), folder };
}

/** Notes each call of a method, and then makes it. */
function note<T extends object, K extends keyof T>(
  on: T,
  method: K,
  see: (argument: T[K] extends (first: infer A, ...rest: never[]) => unknown ? A : never) => void,
): void {
  const original = on[method] as (this: T, ...args: unknown[]) => unknown;
  vi.spyOn(on as Record<string, (...args: unknown[]) => unknown>, method as string).mockImplementation(
    function (this: unknown, ...args: unknown[]) {
      see(args[0] as never);
      return original.apply(this as T, args);
    },
  );
}
