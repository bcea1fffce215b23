// The bench of one coordinator against many simulated nodes, as a reader of deploy/README.md starts it.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { lacking, limitOf } from "../bench/scale/cost.ts";
import type { Setting } from "../bench/scale/settings.ts";
import { createTurns } from "../bench/scale/turns.ts";

/** Of one node for each thread. */
const setting = (transport: Setting["transport"], nodes: number, millions: number): Setting => ({
  transport,
  nodes,
  threads: 1,
  parameters: millions * 1e6,
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The table's rows, without the measured times. */
async function benchScale(...flags: string[]): Promise<string[][]> {
  const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "bench:scale", "--", ...flags], {
    cwd: ROOT,
  });
  const rows = stdout.split("\n").filter((line) => /^\| (memory|ws|nats) /.test(line));
  return rows.map((row) => row.split("|").map((cell) => cell.trim()));
}

test("traffic grows with nodes, not with threads; the server of NATS fans weights out", async () => {
  // A round of 1 M parameters is 4 MB of weights to each node and 4 MB of gradients from each; over NATS the weights
  // leave the coordinator once.
  const rows = await benchScale("--nodes", "4", "--parameters", "1", "--seconds", "0.5");
  // On a busy machine an answer may be late, and is asked of a second node too: a few megabytes more, never fewer. Did
  // each thread send its own, 4 × 16 would be 272 MB.
  const few = (megabytes: number): unknown =>
    expect.toSatisfy((cell: string) => Number(cell) >= megabytes && Number(cell) < 1.2 * megabytes);
  expect(rows.map(([, transport, nodes, , , megabytes]) => [transport, nodes, megabytes])).toEqual([
    ["memory", "4 × 1", few(32)],
    ["memory", "4 × 16", few(32)],
    ["ws", "4 × 1", few(32)],
    ["ws", "4 × 16", few(32)],
    ["nats", "4 × 1", few(20)],
    ["nats", "4 × 16", few(20)],
  ]);
});

test("--help says which rows there are, and when one is not started or given up", async () => {
  const { stdout } = await promisify(execFile)("npm", ["run", "--silent", "bench:scale", "--", "--help"], {
    cwd: ROOT,
  });
  for (const flag of ["transport", "nodes", "threads", "parameters", "seconds"])
    expect(stdout).toContain(`--${flag} <`);
  expect(stdout).toContain("needs more memory\nthan is free is not started");
  expect(Math.round(limitOf(setting("ws", 16, 100), 8) / 60_000)).toBe(13); // as it says of the longest
});

describe("a row", () => {
  test("is not started where its nodes' and the coordinator's vectors do not fit", () => {
    // 4 · 16 + 12 vectors of 0.4 GB over sockets, 16 + 8 in process
    expect(lacking(setting("ws", 16, 100), 20e9)).toBe("needs 30.4 GB of memory, 20.0 GB are free");
    expect(lacking(setting("memory", 16, 100), 20e9)).toBeNull();
    expect(lacking(setting("nats", 64, 10), 20e9)).toBeNull();
  });

  test("may take as long as its bytes need", () => {
    expect(limitOf(setting("ws", 1, 1), 8)).toBe(60_000 + 16_000 + 440); // 4 MB · (1 + 10) at 100 MB/s
    expect(limitOf(setting("ws", 64, 10), 8)).toBe(60_000 + 16_000 + 281_600);
  });
});

test("nodes of one process send so many bytes at a time, or one frame that has more", async () => {
  const turns = createTurns(100);
  const underWay: number[] = [];
  const seen: number[][] = [];
  const send = (size: number) => async (): Promise<void> => {
    underWay.push(size);
    seen.push([...underWay]);
    await setImmediate();
    underWay.splice(underWay.indexOf(size), 1);
  };
  await Promise.all([60, 40, 30, 500].map((size) => turns(size, send(size))));
  expect(seen).toEqual([[60], [60, 40], expect.arrayContaining([30]), [500]]);
  await expect(turns(500, () => Promise.reject(new Error("closed")))).rejects.toThrow("closed");
  await turns(500, send(500)); // the failed one has given its place back
});

test.each([
  [["--nodes", "3"], /no row of the table has all of these/],
  [["--transport", "pigeon"], /Choose one of memory, ws, nats/],
  [["--rounds", "3"], /unknown option '--rounds'/],
])("%j ends with 2 and one sentence", async (flags, sentence) => {
  const failed = await benchScale(...flags).catch((error: { code: number; stderr: string }) => error);
  expect(failed).toMatchObject({ code: 2, stderr: expect.stringMatching(sentence) });
  expect((failed as { stderr: string }).stderr.trim().split("\n")).toHaveLength(1);
});
