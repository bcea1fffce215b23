// Listing runs, comparing them, and their stats as CSV: folders written by hand.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { findRun, findRunIn } from "../../../../coordinator/records/run-folder.ts";
import { type RunPaths, runPaths } from "../../../../coordinator/records/run-paths.ts";
import { EMPTY_RECORD, writeRunRecord } from "../../../../coordinator/records/run-record.ts";
import { csvOf } from "../../../../deploy/runs/csv.ts";
import { describeList, describeOne, describeSideBySide } from "../../../../deploy/runs/describe-runs.ts";
import { differing, peculiarities } from "../../../../deploy/runs/differences.ts";
import { summarize } from "../../../../deploy/runs/summary.ts";
import { temporaryFolder } from "../../../support/cli.ts";

let out: string;

beforeEach(async () => {
  out = await temporaryFolder();
});

interface Written {
  readonly config?: object;
  readonly stats?: readonly object[] | string;
  readonly checkpoints?: readonly number[];
  readonly tags?: readonly string[];
  readonly best?: { readonly step: number; readonly fid: number };
}

async function write(name: string, { config = {}, stats = [], checkpoints = [], tags = [], best }: Written = {}): Promise<RunPaths> {
  const paths = runPaths(join(out, name));
  await mkdir(paths.checkpoints, { recursive: true });
  await writeFile(paths.configFile, JSON.stringify({ batch: 128, length: { kind: "steps", steps: 100 }, ...config }));
  await writeFile(paths.statsFile, typeof stats === "string" ? stats : stats.map((line) => `${JSON.stringify(line)}\n`).join(""));
  for (const step of checkpoints)
    await writeFile(join(paths.checkpoints, `${String(step).padStart(6, "0")}.safetensors`), "");
  await writeRunRecord(paths.runFile, { ...EMPTY_RECORD, tags: [...tags], best: best ?? null });
  return paths;
} // prettier-ignore

/** Of `steps` steps, each of 8 images; G's loss is the step's tenth. */
function steps(number: number): object[] {
  return Array.from({ length: number }, (_, i) => ({ step: i + 1, version: i + 1, images: 8 * (i + 1), imagesPerSecond: 8, "loss/generator": (i + 1) / 10 })); // prettier-ignore
}

describe("a run's summary", () => {
  test("has its newest step, last losses and evaluation, best FID, checkpoints and tags", async () => {
    const stats = [...steps(4), { step: 4, "evaluation/fid": 30.5 }, ...steps(6).slice(4)];
    const best = { step: 2, fid: 12.25 };
    const run = await summarize(await write("00007-a", { stats, checkpoints: [2, 4], tags: ["x"], best }));
    expect(run).toMatchObject({
      number: 7,
      run: "00007-a",
      state: "gone",
      step: 6,
      steps: 100,
      images: 48,
      best,
    });
    expect(run).toMatchObject({ metrics: { "loss/generator": 0.6 }, evaluation: { fid: 30.5 } });
    expect(run).toMatchObject({ checkpoints: [2, 4], tags: ["x"] });
  });

  test("has the defaults of fields that an older config lacks", async () => {
    const model = { kind: "preset", name: "digits" };
    expect((await summarize(await write("00001-a", { config: { model } }))).config).toMatchObject({ seed: 1, keep: "thinned" }); // prettier-ignore
  });

  test("is there for a run without stats, with a damaged config, and of an older version", async () => {
    const paths = await write("00001-a");
    await writeFile(paths.configFile, "{");
    expect(await summarize(paths)).toMatchObject({ step: 0, images: 0, metrics: {}, best: null, config: {} });
    const old = { step: 3, version: 3, images: 24, imagesPerSecond: 8, metrics: { "loss/generator": 0.5 } };
    expect(await summarize(await write("00002-b", { stats: [old] }))).toMatchObject({ step: 3, metrics: { "loss/generator": 0.5 } }); // prettier-ignore
  });

  test("reads a thousand checkpoints, and of long stats the end alone", async () => {
    const checkpoints = Array.from({ length: 1000 }, (_, i) => 500 * (i + 1));
    const damaged = "not JSON\n".repeat(200_000); // would throw, or take long, if it were parsed as a whole
    const stats = `${damaged}${steps(3).map((line) => `${JSON.stringify(line)}\n`).join("")}`; // prettier-ignore
    const run = await summarize(await write("00001-a", { stats, checkpoints }));
    expect(run.checkpoints).toEqual(checkpoints);
    expect(run.step).toBe(3);
    expect(describeOne(run).join("\n")).toContain("1,000, steps 500 … 500,000");
  });
});

describe("a list of runs", () => {
  test("says in what each differs from most of them", async () => {
    const own = [{}, { batch: 64 }, {}, { optimizer: { learningRate: 0.1 } }];
    const runs = [];
    for (const [i, config] of own.entries()) {
      const base = { optimizer: { learningRate: 0.2 } };
      const stats = steps(2);
      runs.push(await summarize(await write(`0000${i + 1}-a`, { config: { ...base, ...config }, stats })));
    }
    expect(describeList(runs)).toEqual([
      "run      state  step   images  loss      differs in",
      "00001-a  gone   2/100  16      G 0.2000",
      "00002-a  gone   2/100  16      G 0.2000  batch 64",
      "00003-a  gone   2/100  16      G 0.2000",
      "00004-a  gone   2/100  16      G 0.2000  optimizer.learningRate 0.1",
    ]);
  });

  test("side by side has the fields that differ, and what one of them lacks", async () => {
    const one = await summarize(
      await write("00001-a", { config: { batch: 64, average: 0.9 }, stats: steps(2) }),
    );
    const two = await summarize(await write("00002-b", { config: { batch: 32, clip: { norm: 1 } }, stats: steps(3), best: { step: 3, fid: 9 } })); // prettier-ignore
    expect(describeSideBySide([one, two])).toEqual([
      "                00001-a  00002-b",
      "state           gone     gone",
      "step            2/100    3/100",
      "images          16       24",
      "best FID                 9 at 3",
      "loss/generator  0.2000   0.3000",
      "",
      "configs differ in",
      "batch      64   32",
      "average    0.9  -",
      "clip.norm  -    1",
    ]);
  });

  test("knows equal configs, and lists as one value", () => {
    expect([...differing([{ a: [1, 2] }, { a: [1, 2] }])]).toEqual([]);
    expect([...differing([{ a: [1, 2] }, { a: [1, 3] }])]).toEqual([["a", ["[1,2]", "[1,3]"]]]);
    expect(peculiarities([{ a: 1 }, { a: 2 }, { a: 2 }])).toEqual([["a 1"], [], []]);
  });

  test("a history is told by the steps at which the run was changed", () => {
    const history = [141, 146].map((step) => ({ step, change: { batch: step } }));
    expect(peculiarities([{ history }, {}])).toEqual([["changed at step 141, 146"], []]);
  });
});

describe("the stats as CSV", () => {
  const csv = async (stats: Written["stats"]): Promise<string> => {
    const { statsFile } = await write("00001-a", stats === undefined ? {} : { stats });
    let text = "";
    for await (const row of csvOf(statsFile)) text += row;
    return text;
  };

  test("have a row for each step, with an evaluation in the row of its step", async () => {
    const lines = [
      { step: 1, a: 0.5 },
      { step: 1, "evaluation/fid": 30 },
      { step: 2, a: 1e-7, b: -2 },
    ];
    expect(await csv(lines)).toBe("step,a,evaluation/fid,b\r\n1,0.5,30,\r\n2,1e-7,,-2\r\n");
  });

  test("have nothing where there is no number, and quotes where a name needs them", async () => {
    const lines = [{ step: 1, 'my "loss", all': null, "two\nlines": 1 }];
    expect(await csv(lines)).toBe('step,"my ""loss"", all","two\nlines"\r\n1,,1\r\n');
  });

  test("pass over lines that are no JSON, and are empty where there is none", async () => {
    expect(await csv('{"step":1}\ngarbage\n{"step":2}\n{"step":3')).toBe("step\r\n1\r\n2\r\n");
    expect(await csv("")).toBe("");
  });

  test("have older runs' nested values in the same columns", async () => {
    expect(await csv([{ step: 1, metrics: { r1: 2 }, gradientNorms: { generator: 3 } }])).toBe(
      "step,r1,gradientNorm/generator\r\n1,2,3\r\n",
    );
  });
});

describe("a run is found", () => {
  test("by its folder, its number, and its name with and without the number", async () => {
    const paths = await write("00007-my-run");
    await write("00008-other");
    for (const named of [paths.path, "7", "007", "00007-my-run", "my-run"])
      expect((await findRunIn(out, named)).path, named).toBe((await findRun(paths.path)).path);
  });

  test("but not by a name that several have, and the error lists them", async () => {
    await write("00007-my-run");
    await write("00009-my-run");
    const refused = "my-run may be any of 00009-my-run, 00007-my-run: write the whole name";
    await expect(findRunIn(out, "my-run")).rejects.toThrow(refused);
    await expect(findRunIn(out, "run")).rejects.toThrow("run is no run");
  });
});
