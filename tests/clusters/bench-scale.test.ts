// The bench of one coordinator against many simulated nodes, as a reader of deploy/README.md starts it.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

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
  expect(rows.map(([, transport, nodes, , , megabytes]) => [transport, nodes, megabytes])).toEqual([
    ["memory", "4 × 1", "32.0"],
    ["memory", "4 × 16", "32.0"],
    ["ws", "4 × 1", "32.0"],
    ["ws", "4 × 16", "32.0"],
    ["nats", "4 × 1", "20.0"],
    ["nats", "4 × 16", "20.0"],
  ]);
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
