// `ganglion train` as its users meet it: what it prints, what it leaves in the run folder, how it ends.
import { once } from "node:events";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import { readRunRecord } from "../../coordinator/records/run-record.ts";
import { findRun } from "../../coordinator/records/run-folder.ts";
import { parseConfig } from "../../shared/config/config.ts";
import { readJsonLines } from "../../coordinator/records/files/json-lines.ts";
import {
  type JsonEvent,
  type Running,
  runCli,
  startCli,
  temporaryFolder,
  trainJson,
} from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { alive, childrenOf } from "../support/processes.ts";
import { Listener } from "../unit/coordinator/dashboard/support.ts";
import { isLinux } from "../support/linux.ts";

const TINY = ["--preset", "digits", "--batch", "8", "--shard", "2", "--seed", "5"];
const SILENT = ["--json", "--dashboard", "off"];
const ENDLESS = ["--steps", "1000000"];

describe("a tiny run", () => {
  test("prints JSON lines that end with done, and leaves a folder that explains itself", async () => {
    const out = await temporaryFolder();
    const { code, stdout, stderr, events } = await runCli(["train", ...TINY, "--steps", "6", ...SILENT, "--out", out]); // prettier-ignore
    expect([code, stderr]).toEqual([0, ""]);
    expect(events).toHaveLength(stdout.split("\n").length); // every line is an event
    const [folder] = await readdir(out);
    expect(folder).toBe("00001-digits-strokes");
    const run = join(out, folder);

    const done = events.at(-1)!;
    expect(done).toEqual({
      event: "done",
      steps: 6,
      images: 48, // 6 steps of 8
      seconds: expect.any(Number),
      imagesPerSecond: expect.any(Number),
      version: 6, // one phase a step
      weightsHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      run,
    });
    expect(Number(done["imagesPerSecond"])).toBeCloseTo(48 / Number(done["seconds"]), 3);
    const steps = events.filter(({ event }) => event === "step");
    expect(steps.map(({ step, version, images }) => [step, version, images])).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => [step, step, 8 * step]),
    );
    const states = events.filter(({ event }) => event === "run").map(({ state }) => state);
    expect(states).toEqual(["preparing", "training", "done"]);
    expect(events.find(({ event }) => event === "compiled")).toMatchObject({
      programs: 3, // a step, the samples, what the guard looks at
      traceMs: expect.any(Number),
    });
    const prepared = events.findLast(({ event }) => event === "workers")!["nodes"] as { prepareMs: number }[];
    for (const { prepareMs } of prepared) expect(prepareMs).toBeGreaterThan(0);

    const paths = await findRun(run);
    expect((await readdir(run)).sort()).toEqual(["checkpoints", "config.json", "fingerprints.json", "ledger", "log.txt", "run.json", "samples", "stats.jsonl", "status.json"]); // prettier-ignore
    expect(await readdir(paths.samples)).toEqual(["000006.png", "index.json"]);
    expect(await readdir(paths.checkpoints)).toEqual(["000006.safetensors"]);
    expect(events.find(({ event }) => event === "checkpoint")).toMatchObject({
      step: 6,
      file: join(paths.checkpoints, "000006.safetensors"),
      weightsHash: done["weightsHash"],
    });
    const config = parseConfig(JSON.parse(await readFile(paths.configFile, "utf8")));
    expect(config).toMatchObject({ batch: 8, shard: 2, seed: 5, length: { kind: "steps", steps: 6 } });
    expect(await readJsonLines(paths.statsFile)).toHaveLength(6);
    const log = (await readFile(paths.logFile, "utf8")).trimEnd().split("\n");
    expect(log.every((line) => /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  \S/.test(line))).toBe(true);
    expect(log.at(-1)).toMatch(/done after 6 of 6 steps, loss /);
    const { sessions } = await readRunRecord(paths.runFile);
    expect(sessions).toMatchObject([{ fromStep: 0, step: 6, end: "done", nodes: [{ engine: "graph" }, {}] }]);
    const ledger = await readLedger(paths.ledgerFile);
    expect(ledger).toHaveLength(6);
    expect(verifyLedger(ledger, 60_000)).toEqual([]);
  });

  test("tells people its data, its progress and its end; with --quiet, its end", async () => {
    const out = await temporaryFolder();
    const flags = ["train", ...TINY, "--steps", "2", "--dashboard", "off", "--out", out];
    const [usual, quiet] = await Promise.all([runCli(flags), runCli([...flags, "--quiet"])]);
    expect([usual.code, usual.stderr, quiet.code, quiet.stderr]).toEqual([0, "", 0, ""]);
    const ending = [
      /^done: 2 steps, 16 images in [\d.]+ s \([\d.,]+ images\/s\)$/,
      /^weights [0-9a-f]{16}… version 2$/,
      /^run folder .*0000\d-digits-strokes$/,
    ].map((pattern) => expect.stringMatching(pattern));
    expect(quiet.stdout.split("\n")).toEqual(ending);
    const lines = usual.stdout.split("\n");
    expect(lines.slice(-3)).toEqual(ending);
    // What takes seconds tells its progress between these, which depends on the machine.
    const timely = /^(drawing strokes:|step )/;
    expect(lines.slice(0, -3).filter((line) => !timely.test(line))).toEqual([
      "digits 28×28×1: 2 stages, 32 filters, 276,834 parameters",
      "preset digits, data strokes: 60,000 images 28×28×1; 2 workers × 1 thread, engine graph",
      expect.stringMatching(/^3 programs traced in [\d,]+ ms, prepared in [\d,]+ ms$/),
      expect.stringMatching(/^pictures in .*0000\d-digits-strokes.samples$/),
    ]);
  });

  test("generate draws the same bytes from its checkpoint every time, and others with another seed", async () => {
    const out = await temporaryFolder();
    const { run } = await trainJson([...TINY, "--steps", "1", "--out", out]);
    const draw = async (name: string, ...flags: string[]): Promise<Buffer> => {
      const file = join(out, name);
      const { code, stdout, stderr } = await runCli(["generate", "--checkpoint", String(run), "--count", "16", "--out", file, ...flags]); // prettier-ignore
      expect([code, stderr, stdout]).toEqual([0, "", `16 images of step 1 in ${file}`]);
      return readFile(file);
    };
    const [one, two, other] = await Promise.all([draw("1.png"), draw("2.png"), draw("3.png", "--seed", "6")]);
    expect(one.subarray(1, 4).toString()).toBe("PNG");
    expect(two).toEqual(one);
    expect(other).not.toEqual(one);
  });
});

describe("a long run", () => {
  test.each([
    ["Ctrl-C", "SIGINT"],
    ["the end of its terminal", "SIGHUP"],
  ] as const)("stops cleanly at %s, with a checkpoint from which it goes on as if nothing had been", async (_what, signal) => {
    const out = await temporaryFolder();
    const running = startCli(["train", ...TINY, ...ENDLESS, ...SILENT, "--out", out]);
    await running.event(({ event, step }) => event === "step" && step === 3);
    running.process.kill(signal);
    const { code, stderr, events } = await running.finished;
    expect([code, stderr]).toEqual([0, ""]);
    const done = events.at(-1)!;
    const steps = Number(done["steps"]);
    expect(done).toMatchObject({ event: "done", images: 8 * steps, version: steps });
    expect(events.findLast(({ event }) => event === "run")).toMatchObject({ state: "stopped" });
    const { checkpoints } = await findRun(String(done["run"]));
    expect(await readdir(checkpoints)).toEqual([`${String(steps).padStart(6, "0")}.safetensors`]);

    const end = ["--steps", String(steps + 3)];
    const resumed = await trainJson([...TINY, ...end, "--resume", String(done["run"])]);
    const whole = await trainJson([...TINY, ...end, "--out", out]);
    expect(resumed).toMatchObject({ steps: steps + 3, weightsHash: whole["weightsHash"] });
  }); // prettier-ignore

  test.skipIf(!isLinux).each([["ws", 2], ["memory", 0]])("ends soon over %s, its %i worker processes too, when Ctrl-C is pressed again and again", async (transport, expected) => {
    const out = await temporaryFolder();
    const slow = ["--preset", "seed-gan", "--batch", "512", "--shard", "128", ...ENDLESS]; // seconds a step
    const running = startCli(["train", ...slow, ...SILENT, "--transport", transport, "--out", out]);
    const { pid } = running.process;
    await running.event(({ event, state }) => event === "run" && state === "training");
    const workers = await childrenOf(pid!);
    expect(workers).toHaveLength(expected);
    running.process.kill("SIGINT");
    const pressed = performance.now();
    const again = setInterval(() => running.process.kill("SIGINT"), 40);
    onTestFinished(() => clearInterval(again));
    const { code, stderr } = await running.finished;
    expect([code, stderr]).toEqual([1, ""]);
    expect(performance.now() - pressed).toBeGreaterThan(300); // what came sooner was the same Ctrl-C
    await expect.poll(() => alive(workers), { timeout: 5000 }).toEqual([]);
  }); // prettier-ignore
});

describe.skipIf(!isLinux)("over WebSockets, a worker process that is killed", () => {
  test("leaves no trace in the weights when there is another", async () => {
    const out = await temporaryFolder();
    const flags = [...TINY, "--steps", "100", "--out", out];
    const running = startCli(["train", ...flags, ...SILENT, "--transport", "ws"]);
    const victim = await workerOf(running, 2);
    process.kill(victim, "SIGKILL");
    const { code, stderr, events } = await running.finished;
    expect([code, stderr]).toEqual([0, ""]);
    expect(events.some(lostOne)).toBe(true);
    const undisturbed = await trainJson(flags);
    expect(events.at(-1)).toMatchObject({
      event: "done",
      steps: 100,
      weightsHash: undisturbed["weightsHash"],
    });
  });

  test("fails the run when it was the only one, and says so", async () => {
    const out = await temporaryFolder();
    const flags = [...TINY, ...ENDLESS, "--workers", "1", "--out", out];
    const running = startCli(["train", ...flags, ...SILENT, "--transport", "ws"]);
    process.kill(await workerOf(running, 1), "SIGKILL");
    const { code, stderr, events } = await running.finished;
    expect(stderr).toBe("ganglion: worker-0 ended with signal SIGKILL; no worker is left\n");
    expect(code).toBe(1);
    expect(events.at(-1)?.event).not.toBe("done");
    expect(events.findLast(({ event }) => event === "run")).toMatchObject({ state: "failed" });
  });
});

test("a run's length may be given in epochs, also when it is resumed", async () => {
  const out = await temporaryFolder();
  const data = await writeIdxFolder(join(out, "digits"), 40, [28, 28, 1], 10);
  const first = await trainJson([...TINY, "--data", data, "--epochs", "1", "--out", out]);
  expect(first).toMatchObject({ steps: 5, images: 40 }); // 5 steps of 8
  const resumed = await trainJson(["--resume", String(first.run), "--epochs", "2"]);
  expect(resumed).toMatchObject({ steps: 10, images: 80 });
});

test("many nodes in one process are not taken for a leak", async () => {
  const out = await temporaryFolder();
  const flags = ["--batch", "24", "--shard", "2", "--workers", "12", "--steps", "1", "--out", out];
  const { code, stderr } = await runCli(["train", ...flags, ...SILENT]);
  expect([code, stderr]).toEqual([0, ""]);
});

test("what a model module prints is no part of the JSON lines, and is printed once, though it is built and traced twice", async () => {
  const out = await temporaryFolder();
  const file = join(out, "chatty.ts");
  const networks = fileURLToPath(new URL("../support/tiny-networks.ts", import.meta.url));
  const losses = `export function losses({ samples, noise, generator, discriminator }) {
    console.log("what a step is made of");
    const [real, fake] = [discriminator(samples), discriminator(generator(noise))];
    return { discriminator: fake.sub(real).mean(), generator: fake.neg().mean() };
  }`;
  await writeFile(file, `console.log("hello");\nexport * from ${JSON.stringify(networks)};\n${losses}\n`);
  const { events, stdout, stderr } = await runCli(["train", ...TINY, "--steps", "1", ...SILENT, "--out", out, "--model", file]); // prettier-ignore
  expect(stderr).toBe("hello\nwhat a step is made of\n");
  expect(events).toHaveLength(stdout.split("\n").length);
});

test("a run that is killed before its first checkpoint begins again, to the same weights", async () => {
  const out = await temporaryFolder();
  const killed = startCli(["train", ...TINY, ...ENDLESS, ...SILENT, "--out", out]);
  await killed.event(({ event, step }) => event === "step" && Number(step) >= 3);
  killed.process.kill("SIGKILL");
  await killed.finished;
  const folder = join(out, "00001-digits-strokes");
  expect(await readdir(join(folder, "checkpoints"))).toEqual([]);

  const resumed = await trainJson(["--resume", folder, "--steps", "6"]);
  expect(resumed).toMatchObject({ steps: 6, images: 48, run: folder });
  const { weightsHash } = await trainJson([...TINY, "--steps", "6", "--out", out]);
  expect(resumed["weightsHash"]).toBe(weightsHash);
  expect(verifyLedger(await readLedger(join(folder, "ledger")), 60_000)).toEqual([]);
});

test("the dashboard socket tells everything in order, and what came after ?since=N to who comes back", async () => {
  const out = await temporaryFolder();
  const config = join(out, "often.json");
  await writeFile(config, JSON.stringify({ sampleEvery: 5, checkpointEvery: 5 }));
  const flags = [...TINY, ...ENDLESS, "--config", config, "--dashboard", "0", "--out", out];
  const running = startCli(["train", ...flags]);
  const line = await running.line((text) => text.startsWith("dashboard http://127.0.0.1:"));
  const url = line.slice("dashboard ".length);

  const first = new Listener(url);
  const told = (type: string): boolean => first.heard.some((event) => event.type === type);
  while (!["run", "step", "workers", "samples", "checkpoint"].every(told))
    await once(first.socket, "message");
  const back = new Listener(url, "?since=3");
  await back.until(2);
  const ends = [first.closed(), back.closed()];
  running.process.kill("SIGINT");
  expect((await running.finished).code).toBe(0);
  await Promise.all(ends);

  expect(first.ids).toEqual(first.ids.map((_, i) => i + 1)); // 1, 2, 3, … without a gap
  expect(back.heard).toEqual(first.heard.slice(3)); // the same events, from the fourth on
  expect(first.heard.findLast(({ type }) => type === "run")).toMatchObject({
    state: "stopped",
    run: "00001-digits-strokes",
    batch: 8,
  });
  expect(first.heard.find(({ type }) => type === "samples")).toMatchObject({
    step: 5,
    file: join(out, "00001-digits-strokes", "samples", "000005.png"),
    url: "/samples/000005.png",
  });
});

/** The process of one of `workers` nodes, once all are ready and the run has made some steps. */
async function workerOf(running: Running, workers: number): Promise<number> {
  const ready = ({ nodes }: JsonEvent): boolean =>
    (nodes as { state: string }[]).filter(({ state }) => state === "ready").length === workers;
  await running.event((event) => event.event === "workers" && ready(event));
  await running.event(({ event, step }) => event === "step" && Number(step) >= 3);
  const children = await childrenOf(running.process.pid!);
  expect(children).toHaveLength(workers);
  return children[0];
}

/** One of two nodes was gone while the run went on. */
function lostOne({ event, nodes }: JsonEvent, i: number, events: readonly JsonEvent[]): boolean {
  return event === "workers" && (nodes as unknown[]).length === 1 && events.slice(i).some((later) => later.event === "step"); // prettier-ignore
}
