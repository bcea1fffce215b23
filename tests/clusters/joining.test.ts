// Nodes that come and go while a run goes on: the weights must not show it.
import { expect, test } from "vitest";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { type Running, startCli, temporaryFolder, trainJson } from "../support/cli.ts";

const STROKES = 60_000;
const SMALL = ["--preset", "digits", "--batch", "8", "--shard", "2", "--seed", "3", "--steps", "400"];

test("workers that join late, leave politely and are killed leave no trace in the weights", async () => {
  const out = await temporaryFolder();
  const expected = await trainJson([...SMALL, "--out", out, "--workers", "1"]);

  const coordinator = startCli(["coordinator", "--json", "--dashboard", "off", "--listen", "127.0.0.1:0", ...SMALL, "--out", out]); // prettier-ignore
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const start = (node: string): Running => startCli(["worker", "--join", String(address), "--node", node]);
  const step = (number: number): Promise<unknown> =>
    coordinator.event(({ event, step: at }) => event === "step" && Number(at) >= number);

  const steady = start("steady");
  await step(5);
  const polite = start("polite");
  const doomed = start("doomed");
  await coordinator.event(({ event, nodes }) => event === "workers" && readyNodes(nodes).length === 3);
  doomed.process.kill("SIGKILL");
  polite.process.kill("SIGTERM");
  expect((await polite.finished).code).toBe(0);
  const { events, code } = await coordinator.finished;
  expect(code).toBe(0);
  expect(events.at(-1)).toMatchObject({ event: "done", weightsHash: expected["weightsHash"] });
  expect((await steady.finished).code).toBe(0);
  const entries = await readLedger((await findRun(String(events.at(-1)!["run"]))).ledgerFile);
  expect(entries).toHaveLength(400);
  expect(verifyLedger(entries, STROKES)).toEqual([]);
});

function readyNodes(nodes: unknown): unknown[] {
  return (nodes as { state: string }[]).filter(({ state }) => state === "ready");
}
