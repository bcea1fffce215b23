// log.txt and run.json of a run, from its events.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { NodeView, RunEvent } from "../../../../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../../../../coordinator/dashboard/history.ts";
import { EMPTY_RECORD, readRunRecord } from "../../../../../coordinator/records/run-record.ts";
import { type RunPaths, runPaths } from "../../../../../coordinator/records/run-paths.ts";
import { type Journal, openJournal } from "../../../../../deploy/run/journal/journal.ts";
import { lineOf } from "../../../../../deploy/run/journal/run-log.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

let folder: RunPaths;
let history: EventHistory;
let failures: string[];

beforeEach(async () => {
  folder = runPaths(join(await temporaryFolder(), "00001-a"));
  await mkdir(folder.samples, { recursive: true });
  history = new EventHistory();
  failures = [];
});

describe("log.txt", () => {
  test("has one line for people of each thing that happened", async () => {
    await open().during(async () => {
      run("preparing");
      join_("a");
      history.publish({ type: "workers", nodes: [nodeView("a", "ready")] }); // nothing new for people
      run("training");
      step(4, { "loss/generator": 0.5, "loss/discriminator": 0.25 });
      history.publish({ type: "samples", step: 4, file: join(folder.samples, "000004.png"), url: "/", checkpoint: "000004.safetensors" }); // prettier-ignore
      history.publish({ type: "checkpoint", step: 4, file: join(folder.checkpoints, "000004.safetensors"), weightsHash: "ab" }); // prettier-ignore
      history.publish({ type: "evaluation", step: 4, metrics: { accuracy: 0.98765, fid: 12 } });
      const terms = { extractor: "seed-cnn", resizer: "bicubic", images: 1000, seed: 3, floor: { images: 500, metrics: { fid: 2 } } }; // prettier-ignore
      history.publish({ type: "evaluation", step: 5, metrics: { fid: 11.5 }, ...terms });
      history.publish({ type: "samples", step: 6, file: join(folder.samples, "000006.png"), url: "/" });
      history.publish({ type: "warning", code: "X", message: "look\nhere" });
      run("stalled", "it waits for a worker");
      run("training");
      run("done");
      history.publish({ type: "workers", nodes: [] });
    });
    expect(await log()).toEqual([
      "started a",
      "node a joined: 1 thread, graph on cpu",
      "step 4: sample samples/000004.png, drawn by checkpoints/000004.safetensors",
      "step 4: checkpoint checkpoints/000004.safetensors, loss G 0.500 D 0.250",
      "step 4: accuracy 0.9877, fid 12",
      "step 5: fid 11.50; seed-cnn, bicubic, 1,000 images, seed 3; floor of 500 images: fid 2",
      "step 6: sample samples/000006.png (samples/index.json names the nearest checkpoint)",
      String.raw`warning: look\nhere`,
      "stalled: it waits for a worker",
      "the run continues",
      "done after 4 of 9 steps, loss G 0.500 D 0.250",
    ]);
  });

  test("says why a run failed that could not say so itself", async () => {
    const journal = open().during(async () => {
      run("preparing");
      throw new Error("the disk is gone");
    });
    await expect(journal).rejects.toThrow("the disk is gone");
    expect((await log()).at(-1)).toBe("failed: the disk is gone");
  });

  test("begins each line with the local time", () => {
    expect(lineOf("ready", new Date(2026, 10, 3, 7, 5, 9))).toBe("2026-11-03 07:05:09  ready\n");
  });
});

describe("run.json", () => {
  test("tells of each session: command, versions, nodes, and how it ended", async () => {
    await open({ command: ["train", "--token", "secret"], note: "try" }).during(async () => {
      run("preparing");
      join_("a");
      history.publish({ type: "workers", nodes: [nodeView("a", "ready")] });
      step(4, {});
      run("stopped");
    });
    const first = await readRunRecord(folder.runFile);
    expect(first.sessions).toEqual([
      {
        command: ["train", "--token", "***"],
        fromStep: 0,
        ganglion: expect.stringMatching(/^\d+\.\d+\.\d+/),
        nodeJs: process.version,
        system: expect.any(String),
        host: expect.any(String),
        started: expect.any(String),
        nodes: [
          {
            node: "a",
            threads: 1,
            engine: "graph",
            device: "cpu",
            numerics: "ort 1",
            joined: expect.any(String),
          },
        ],
        note: "try",
        ended: expect.any(String),
        end: "stopped",
        step: 4,
      },
    ]);
    history = new EventHistory();
    await open({ record: first, fromStep: 4 }).during(async () => {
      run("preparing");
      run("diverged", "a NaN");
    });
    const { sessions } = await readRunRecord(folder.runFile);
    expect(sessions).toHaveLength(2);
    expect(sessions[1]).toMatchObject({ fromStep: 4, end: "diverged", reason: "a NaN", step: 4 });
  });

  test("is there while the run goes on, and a killed session has no end in it", async () => {
    open();
    run("preparing");
    await expect.poll(async () => (await readRunRecord(folder.runFile)).sessions).toHaveLength(1);
    expect((await readRunRecord(folder.runFile)).sessions[0].end).toBeUndefined();
  });

  test("has the best FID of all sessions", async () => {
    const fid = (at: number, value: number): void => void history.publish({ type: "evaluation", step: at, metrics: { fid: value } }); // prettier-ignore
    await open().during(async () => {
      run("preparing");
      for (const [at, value] of [[2, 30], [4, 20], [6, 25], [8, Number.NaN]] as const) fid(at, value); // prettier-ignore
    });
    const record = await readRunRecord(folder.runFile);
    expect(record.best).toEqual({ step: 4, fid: 20 });
    history = new EventHistory();
    await open({ record }).during(async () => {
      run("preparing");
      fid(10, 22);
    });
    expect((await readRunRecord(folder.runFile)).best).toEqual({ step: 4, fid: 20 });
  });

  test("is empty where there is none, and where it is damaged", async () => {
    expect(await readRunRecord(folder.runFile)).toEqual(EMPTY_RECORD);
    for (const text of ["", "{", "[]", "3", '"x"']) {
      await writeFile(folder.runFile, text);
      expect(await readRunRecord(folder.runFile)).toEqual(EMPTY_RECORD);
    }
    await writeFile(folder.runFile, '{"name":"mine","tags":7,"sessions":[{}],"other":1}');
    expect(await readRunRecord(folder.runFile)).toEqual({ ...EMPTY_RECORD, name: "mine" });
  });

  test("does not stop a run where it cannot be written", async () => {
    await mkdir(folder.runFile);
    await open().during(async () => run("preparing"));
    expect(failures).toHaveLength(1);
    expect(failures[0]).toContain("run.json");
  });
});

test("a run that is refused before it is prepared leaves both as they were", async () => {
  const refused = open().during(() => Promise.reject(new Error("no such data")));
  await expect(refused).rejects.toThrow("no such data");
  await expect(readFile(folder.logFile)).rejects.toThrow("ENOENT");
  await expect(readFile(folder.runFile)).rejects.toThrow("ENOENT");
});

function open(changed: Partial<Parameters<typeof openJournal>[0]> = {}): Journal {
  return openJournal({
    folder,
    history,
    record: EMPTY_RECORD,
    command: ["train"],
    fromStep: 0,
    opening: ["started a"],
    failing: (file) => (cause) => void failures.push(`${file}: ${cause}`),
    ...changed,
  });
}

function run(state: Extract<RunEvent, { type: "run" }>["state"], reason?: string): void {
  const about = { preset: "digits", steps: 9, batch: 8, parameters: {}, classes: 0, folder: folder.path };
  history.publish({ type: "run", run: "a", state, ...about, ...(reason !== undefined && { reason }) });
}

function join_(node: string): void {
  history.publish({ type: "workers", nodes: [nodeView(node, "joining")] });
}

function nodeView(node: string, state: NodeView["state"]): NodeView {
  const measured = { prepareMs: null, contributions: 0, faults: 0, shardMs: null };
  return { node, threads: 1, engine: "graph", device: "cpu", numerics: "ort 1", state, ...measured };
}

function step(number: number, metrics: Readonly<Record<string, number>>): void {
  const speed = { epoch: 0, seconds: 1, imagesPerSecond: 1, remainingSeconds: 1 };
  const norms = { gradientNorms: {}, layerGradientNorms: {} };
  history.publish({
    type: "step",
    step: number,
    version: number,
    images: 8 * number,
    ...speed,
    metrics,
    ...norms,
  });
}

/** Without the times. */
async function log(): Promise<string[]> {
  const text = await readFile(folder.logFile, "utf8");
  return text.trimEnd().split("\n").map((line) => line.slice("2026-11-03 07:05:09  ".length)); // prettier-ignore
}
