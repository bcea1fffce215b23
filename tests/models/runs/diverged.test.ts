// A training that diverges: an exit code of its own, everywhere, so that nothing repeats what ends the same way again.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { type JsonEvent, runCli, startCli, temporaryFolder } from "../../support/cli.ts";
import { divergingRun } from "../../support/diverging.ts";

const WORDS =
  /^ganglion: the .* cannot be applied .*training has diverged; start anew with a smaller --learning-rate/;

test("ends train with exit code 3, is shown as diverged, and resumed says what to expect before it does so again", async () => {
  const folder = await temporaryFolder();
  const out = join(folder, "runs");
  const silent = ["--dashboard", "off", "--json"];
  const first = await runCli(["train", ...(await divergingRun(folder)), "--out", out, ...silent]);
  expect(first.code).toBe(3);
  expect(first.stderr).toMatch(WORDS);
  const { folder: run, reason } = lastRun(first.events);
  const step = lastStep(first.events);

  const shown = await runCli(["status", "--out", out]);
  expect(shown.code).toBe(0);
  expect(shown.stdout).toMatch(/^00001-networks-data: diverged .* ago, step /);
  expect(shown.stdout).toContain(
    `\n  ${String(reason)}\n  --resume computes the same bits and diverges again`,
  );
  const [json] = (await runCli(["status", "--out", out, "--json"])).events;
  expect(json).toMatchObject({ state: "diverged", alive: false, reason });

  const again = await runCli(["train", "--resume", String(run), ...silent]);
  expect(again.code).toBe(3);
  const hint = again.events.find(({ event, code }) => event === "warning" && code === "DIVERGED");
  expect(hint?.["message"]).toMatch(
    new RegExp(`^this run diverged after step ${step} \\(the .*\\); a resumed run computes the same bits .*: go on with another setting, as in --change learning-rate=X, or start a new run without --resume`), // prettier-ignore
  );
  expect(again.events.findIndex(({ event }) => event === "step")).toBeGreaterThan(
    again.events.indexOf(hint!),
  );
  expect(lastStep(again.events)).toBe(step);
});

test("ends a coordinator with exit code 3, and its worker as any run that is over does", async () => {
  const folder = await temporaryFolder();
  const flags = [...(await divergingRun(folder)), "--out", join(folder, "runs"), "--dashboard", "off"];
  const coordinator = startCli(["coordinator", ...flags, "--listen", "127.0.0.1:0", "--json"]);
  const { address } = await coordinator.event(({ event }) => event === "listening");
  const worker = startCli(["worker", "--join", String(address)]);
  const { code, stderr } = await coordinator.finished;
  expect([code, WORDS.test(stderr)]).toEqual([3, true]);
  const end = await worker.finished;
  expect([end.code, end.stderr]).toEqual([0, ""]);
  expect(end.stdout).toContain("the run is over");
});

test("ends a launched cluster with exit code 3 and the coordinator's words", async () => {
  const folder = await temporaryFolder();
  const words = await divergingRun(folder);
  const run = Object.fromEntries(words.flatMap((word, i) => (word.startsWith("--") ? [[word.slice(2), words[i + 1]]] : []))); // prettier-ignore
  const { "learning-rate": rate, batch, shard, steps, ...named } = run;
  const numbers = {
    learningRate: Number(rate),
    batch: Number(batch),
    shard: Number(shard),
    steps: Number(steps),
  };
  const file = join(folder, "cluster.yaml");
  await writeFile(
    file,
    stringify({
      run: { ...named, ...numbers, out: join(folder, "runs"), dashboard: "off" },
      coordinator: { listen: "127.0.0.1:0" },
      hosts: [{ name: "here" }],
    }),
  );
  const { code, stderr, events } = await runCli(["launch", file, "--json"]);
  expect([code, stderr]).toEqual([3, expect.stringMatching(WORDS)]);
  const status = await readFile(join(String(lastRun(events).folder), "status.json"), "utf8");
  expect(JSON.parse(status)).toMatchObject({ state: "diverged" });
});

function lastRun(events: readonly JsonEvent[]): JsonEvent {
  const run = events.findLast(({ event }) => event === "run");
  expect(run).toMatchObject({ state: "diverged" });
  return run!;
}

function lastStep(events: readonly JsonEvent[]): number {
  return Number(events.findLast(({ event }) => event === "step")?.["step"]);
}
