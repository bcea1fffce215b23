// Whole runs on libtensorflow: the same weights on any nodes, a run mixed with the graph engine, flat memory.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { readLedger } from "../../coordinator/records/ledger.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { type JsonEvent, runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";

const TENSORFLOW = ["--engine", "tensorflow"];

test("one node, two nodes, and two processes end with the same weights", async () => {
  const out = await temporaryFolder();
  const run = ["--preset", "digits", "--batch", "8", "--shard", "4", "--steps", "5", "--out", out];
  const hashes: unknown[] = [];
  for (const nodes of [
    ["--workers", "1"],
    ["--workers", "2"],
    ["--workers", "2", "--transport", "ws"],
  ])
    hashes.push((await trainJson([...run, ...TENSORFLOW, ...nodes]))["weightsHash"]);
  expect(new Set(hashes).size).toBe(1);
});

test("a graph node and a tensorflow node train one classifier that recognizes the digits", async () => {
  const out = await temporaryFolder();
  // Eight shards: graph is about three times as fast here, and of two it would get both.
  const flags = ["--preset", "seed-cnn", "--steps", "200", "--batch", "64", "--shard", "8", "--out", out];
  const coordinator = startCli([
    "coordinator",
    "--json",
    "--dashboard",
    "off",
    "--listen",
    "127.0.0.1:0",
    ...flags,
  ]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const workers = ["graph", "tensorflow"].map((engine) =>
    runCli(["worker", "--join", String(address), "--node", engine, "--engine", engine]),
  );
  const { code, events, stderr } = await coordinator.finished;
  expect([code, stderr]).toEqual([0, ""]);
  for (const worker of workers) expect((await worker).code).toBe(0);
  const evaluations = events.filter(({ event }) => event === "evaluation");
  const { accuracy } = evaluations.at(-1)!["metrics"] as { accuracy: number };
  expect(accuracy).toBeGreaterThan(0.9); // guessing gives 0.1
  const { ledgerFile } = await findRun(String(events.at(-1)!["run"]));
  const shares = (await readLedger(ledgerFile)).flatMap(({ contributions }) => contributions);
  for (const node of ["graph", "tensorflow"])
    expect(shares.filter((share) => share.node === node).length, node).toBeGreaterThan(10);
});

test("2,000 steps take no more memory than 500", async () => {
  const out = await temporaryFolder();
  const flags = ["--json", "--dashboard", "off", "--out", out, ...TENSORFLOW, "--workers", "2"];
  const small = ["--preset", "digits", "--batch", "4", "--shard", "2", "--steps", "2000"];
  const run = startCli(["train", ...flags, ...small]);
  const at = async (step: number): Promise<number> => {
    await run.event((event: JsonEvent) => event.event === "step" && event["step"] === step);
    return residentMegabytes(run.process.pid!);
  };
  const early = await at(500);
  const late = await at(1990);
  expect((await run.finished).code).toBe(0);
  process.stdout.write(`resident after 500 steps ${early} MB, after 1,990 ${late} MB\n`);
  // 1,490 steps of two nodes: a leak of the smallest gradient a step, 40 kB, would be 120 MB.
  expect(late - early).toBeLessThan(60);
}, 600_000);

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)![1]) / 1024);
}
