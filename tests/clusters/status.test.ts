// `ganglion status` beside real runs: it sees what goes on, and nothing dead looks alive.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { viewOfFolder } from "../../deploy/status/run-view.ts";
import { type StatusRecord, encodeStatusRecord } from "../../shared/status-record.ts";
import { type JsonEvent, type Running, runCli, startCli, temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const TINY = ["--preset", "digits", "--batch", "8", "--shard", "2", "--dashboard", "off", "--json"];
const ENDLESS = 1_000_000;
/** Of one process beside others; silence alone takes ten seconds. */
const SOON = { timeout: 90_000 };

interface Place {
  readonly out: string;
  readonly train: (...flags: string[]) => Running;
  /** `ganglion status`, which must succeed without a word on stderr. */
  readonly status: (...flags: string[]) => Promise<string>;
  readonly statusJson: (...flags: string[]) => Promise<readonly JsonEvent[]>;
}

async function place(): Promise<Place> {
  const folder = await temporaryFolder();
  const out = join(folder, "runs");
  const data = await writeIdxFolder(join(folder, "digits"), 200, [28, 28, 1], 10);
  const often = join(folder, "often.json");
  await writeFile(often, JSON.stringify({ checkpointEvery: 5 }));
  const run = async (flags: readonly string[]) => {
    const { code, stdout, stderr, events } = await runCli(["status", "--out", out, ...flags]);
    expect([code, stderr]).toEqual([0, ""]);
    return { stdout, events };
  };
  return {
    out,
    train: (...flags) =>
      startCli(["train", ...TINY, "--data", data, "--config", often, "--out", out, ...flags]),
    status: async (...flags) => (await run(flags)).stdout,
    statusJson: async (...flags) => (await run(["--json", ...flags])).events,
  };
}

describe("a run of this machine", () => {
  test("is seen with its nodes while it trains, without a dashboard, and not as alive once it is killed", SOON, async () => {
    const { out, train, status, statusJson } = await place();
    const running = train("--steps", String(ENDLESS), "--workers", "2");
    const { run } = await running.event(({ event }) => event === "run");
    expect(await statusJson()).toMatchObject([{ run, alive: true, pid: running.process.pid }]);
    const folder = join(out, String(run));
    const live = await vi.waitFor(async () => {
      const [seen] = await statusJson();
      const counts = (seen["nodes"] as StatusRecord["nodes"]).map(({ contributions }) => contributions);
      expect(counts.length === 2 && Math.min(...counts) > 1).toBe(true); // "1 contribution" has no "s"
      return seen;
    }, SOON);
    expect(live).toMatchObject({
      event: "run",
      alive: true,
      run,
      state: "training",
      steps: ENDLESS,
      dashboard: null,
      refused: {},
      nodes: [
        { node: "worker-0", state: "ready", engine: "graph", device: "cpu", threads: 1 },
        { node: "worker-1", state: "ready", engine: "graph", device: "cpu", threads: 1 },
      ],
      folder,
      pid: running.process.pid,
    });
    expect(contributionsOf(live)).toBeGreaterThan(0);
    expect(Number(live["imagesPerSecond"])).toBeGreaterThan(0);
    const list = await status();
    expect(list).toMatch(/^00001-digits-digits: training, step [\d,]+\/1,000,000, [\d.,]+ images\/s\n {2}.* left, dashboard off, refused nothing\n/);
    expect(list).toMatch(/\n {2}worker-1: ready, 1 thread, graph on cpu, [\d,]+ contributions, [\d.]+ ms a shard$/);
    for (const line of list.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    for (const name of [String(run), "1", folder])
      expect(await status(name)).toContain(`, process ${running.process.pid} on this machine\n`);
    expect((await statusJson("1"))[0]["step"]).toBeGreaterThan(Number(live["step"]));

    await running.event(({ event }) => event === "checkpoint");
    running.process.kill("SIGKILL");
    await running.finished;
    const [killed] = await statusJson();
    expect(killed).toMatchObject({ alive: false, state: "gone", nodes: [] });
    const lines = (await readFile((await findRun(folder)).statsFile, "utf8")).trimEnd().split("\n");
    const newest = lines.findLast((line) => line.endsWith("}"))!;
    expect(killed["step"]).toBe((JSON.parse(newest) as { step: number }).step);
    const words = await status();
    expect(words).toMatch(/^00001-digits-digits: ended without a word [\d.]+ s ago \(killed\?\), step /);
    const [, path, step] = /--resume (\S+) goes on from step ([\d,]+)$/m.exec(words)!;
    expect(step).toBe(Number(killed["checkpoint"]).toLocaleString("en-US"));

    const steps = String(Number(killed["step"]) + 2);
    const resumed = await runCli(["train", "--resume", path, "--steps", steps, "--dashboard", "off", "--quiet"]);
    expect(resumed.code).toBe(0);
    expect(await status()).toMatch(/^00001-digits-digits: done [\d.]+ s ago, step (?<done>[\d,]+)\/\k<done>$/);
  }); // prettier-ignore

  test(
    "whose process is stopped falls silent, goes on with it, and ends with how to go on",
    SOON,
    async () => {
      const { train, status, statusJson, out } = await place();
      const running = train("--steps", String(ENDLESS), "--workers", "1");
      const { run } = await running.event(({ event }) => event === "run");
      await running.event(({ event }) => event === "step");
      const folder = await findRun(join(out, String(run)));
      const becomes = (life: string): Promise<void> =>
        vi.waitFor(async () => expect((await viewOfFolder(folder)).life).toBe(life), {
          timeout: 30_000,
          interval: 100,
        });
      running.process.kill("SIGSTOP");
      await becomes("silent");
      expect(await statusJson()).toMatchObject([{ alive: false, state: "training" }]);
      expect(await status()).toMatch(
        new RegExp(
          `^00001-digits-digits: silent for 1\\d s, .*\\n  its process, pid ${running.process.pid}, is running but`,
        ),
      );
      running.process.kill("SIGCONT");
      await becomes("going");
      running.process.kill("SIGINT");
      expect((await running.finished).code).toBe(0);
      expect(await statusJson()).toMatchObject([{ alive: false, state: "stopped", nodes: [] }]);
      expect(await status("1")).toMatch(
        /: stopped [\d.]+ s ago, .*\n {2}ganglion train --resume \S+ goes on from step [\d,]+\n/,
      );
    },
  );

  test("that fails is told with its reason", SOON, async () => {
    const { out, train, status, statusJson } = await place();
    const running = train("--steps", String(ENDLESS), "--workers", "1");
    const { run } = await running.event(({ event }) => event === "run");
    await rm(join(out, String(run), "lock"), { recursive: true }); // its next checkpoint finds that out
    const { code, stderr } = await running.finished;
    expect(code).toBe(1);
    const reason = stderr.trim().replace(/^ganglion: /, "");
    expect(reason).toContain("has lost the lock");
    expect(await statusJson()).toMatchObject([{ alive: false, state: "failed", reason }]);
    expect(await status()).toMatch(/^00001-digits-digits: failed [\d.]+ s ago, step /);
    expect(await status()).toContain(`\n  ${reason}`);
  });
});

const RECORD: StatusRecord = {
  run: "r",
  state: "done",
  step: 10,
  steps: 10,
  version: 10,
  imagesPerSecond: 1,
  dashboard: null,
  host: "elsewhere",
  nodes: [],
  refused: {},
  heartbeat: Date.now(),
};

/** A run's folder as it lies there after `record` was written by the session that has the lock, if any. */
async function leave(out: string, name: string, record: string, lock?: object): Promise<string> {
  const folder = join(out, name);
  await mkdir(join(folder, "checkpoints"), { recursive: true });
  if (lock) {
    await mkdir(join(folder, "lock"));
    await writeFile(join(folder, "lock", "x.json"), JSON.stringify(lock)); // before the record, or it is an earlier session's
  }
  await writeFile(join(folder, "config.json"), "not JSON: status need not read it");
  await writeFile(join(folder, "status.json"), record);
  return folder;
}

describe("a folder of runs", () => {
  test("that is empty or not there has none, and what is no run is refused", async () => {
    const out = await temporaryFolder();
    for (const folder of [out, join(out, "missing")]) {
      const { code, stdout } = await runCli(["status", "--out", folder]);
      expect([code, stdout]).toEqual([0, `no runs in ${folder}: start one with ganglion train`]);
      expect(await runCli(["status", "--json", "--out", folder])).toMatchObject({ code: 0, stdout: "" });
    }
    const { code, stderr } = await runCli(["status", "7", "--out", out]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`7 is no run, neither as a folder nor as a name or number in ${out}`)]); // prettier-ignore
    const both = await runCli(["status", "--nats", "nats://127.0.0.1:1", "--out", out]);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be used with") });
  });

  test("shows every run that may go on and the newest five that ended, unless all are asked for", async () => {
    const out = await temporaryFolder();
    for (let number = 2; number <= 9; number++)
      await leave(out, `0000${number}-a`, encodeStatusRecord(RECORD));
    const lock = { pid: 1, host: "elsewhere", start: null };
    await leave(out, "00001-a", encodeStatusRecord({ ...RECORD, state: "training" }), lock);
    const { stdout } = await runCli(["status", "--out", out]);
    const told = (text: string): string[] =>
      [...text.matchAll(/^(0000\d)-a: (\w+)/gm)].map(([, ...it]) => it.join(" "));
    const newest = ["00009 done", "00008 done", "00007 done", "00006 done", "00005 done"];
    expect(told(stdout)).toEqual([...newest, "00001 training"]);
    expect(stdout).toMatch(/\n3 more runs that ended: --all shows them$/);
    expect(told((await runCli(["status", "--all", "--out", out])).stdout)).toHaveLength(9);
    expect((await runCli(["status", "--json", "--out", out])).events).toHaveLength(9);
  });

  test("shows a run that stalls without the speed that its newest step had", async () => {
    const out = await temporaryFolder();
    const now = Date.now();
    const stalled = { state: "stalled", reason: "it waits for shard 3 at b", imagesPerSecond: 0 } as const;
    // Of a minute ahead: it is still heard where this machine is slow.
    const record = { ...RECORD, ...stalled, step: 9, heartbeat: now + 60_000, stepAt: now };
    const lock = { pid: 77, host: "gpu7", start: null };
    const folder = await leave(out, "00001-a", encodeStatusRecord(record), lock);
    const step = { step: 9, version: 9, imagesPerSecond: 456, remainingSeconds: 1 };
    await writeFile(join(folder, "stats.jsonl"), `${JSON.stringify(step)}\n`);
    const { stdout } = await runCli(["status", "--out", out]);
    expect(stdout).toMatch(
      /^00001-a: stalled, step 9\/10, no step for \S+ s\n {2}it waits for shard 3 at b\n/,
    );
    const [told] = (await runCli(["status", "--out", out, "--json"])).events;
    expect(told).toMatchObject({ alive: true, ...stalled });
    expect(told).not.toHaveProperty("remainingSeconds");
  });

  test("shows the others where one is half written, held by another machine, or cannot be read", async () => {
    const out = await temporaryFolder();
    await leave(out, "00001-half", encodeStatusRecord(RECORD).slice(0, 40));
    const held = await leave(
      out,
      "00002-held",
      encodeStatusRecord({ ...RECORD, state: "training", heartbeat: 1 }),
    );
    await mkdir(join(held, "lock"));
    await writeFile(join(held, "lock", "x.json"), JSON.stringify({ pid: 77, host: "gpu7", start: null }));
    const odd = await leave(out, "00003-odd", "");
    await mkdir(join(odd, "stats.jsonl"));
    await leave(out, "00004-done", encodeStatusRecord(RECORD));
    const { code, stdout, stderr } = await runCli(["status", "--out", out]);
    expect(code).toBe(1);
    expect(stderr).toBe(`warning: ${odd} cannot be read: it is a folder, and no regular file\n`);
    expect(stdout).toMatch(/^00004-done: done .*\n00002-held: .*, step 10\/10\n/);
    expect(stdout).toMatch(
      /\n00001-half: ended .* ago, it is not known how\n {2}ganglion train --resume .* starts it anew: it has/,
    );
    expect(stdout).not.toContain("NaN");
  });
});

function contributionsOf({ event, nodes }: JsonEvent): number {
  if (event !== "workers" && event !== "run") return 0;
  return ((nodes ?? []) as StatusRecord["nodes"]).reduce((sum, { contributions }) => sum + contributions, 0);
}
