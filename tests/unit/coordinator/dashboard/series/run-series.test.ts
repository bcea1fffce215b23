// The series of a run: equal to stats.jsonl at every resolution, and made again whenever their file is not to be trusted.
import { appendFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { RunSeries } from "../../../../../coordinator/dashboard/series/run-series.ts";
import { encodeSegment } from "../../../../../coordinator/dashboard/series/segment.ts";
import { Tail } from "../../../../../coordinator/dashboard/series/tail.ts";
import { statsLineOf } from "../../../../../coordinator/records/stats/stats-line.ts";
import {
  type Line,
  bucketsOver,
  listsOf,
  openSeries,
  randomLines,
  runFolder,
  seeded,
  textOf,
  valuesOf,
} from "./support.ts";

const NAMES = ["loss/discriminator", "loss/generator", "gradientNorm/generator", "evaluation/fid"];
/** Of two segments and a tail: 1,024 lines each, with the evaluations. */
const STEPS = 2_500;
const LINES = randomLines(STEPS, 7);
const TEXT = textOf(LINES);
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER - 1 };

/** Every value of every series is in the answer, at full resolution and in buckets. */
async function expectEqual(series: RunSeries, lines: readonly Line[], ranges: readonly { from: number; to: number }[]): Promise<void> {
  for (const range of ranges)
    for (const points of [7, 30, 10_000]) {
      const answers = await series.data(NAMES, range, points);
      for (const [i, name] of NAMES.entries()) {
        const { steps, values } = valuesOf(lines, name, range);
        const { steps: ends, ...buckets } = listsOf(answers[i]);
        expect(ends.length).toBeLessThanOrEqual(points);
        if (steps.length <= points && points > 30) expect(ends).toEqual(steps);
        if (steps.length > 0) expect(ends.at(-1)).toBe(steps.at(-1));
        expect(buckets).toEqual(bucketsOver(steps, values, ends));
      }
    }
} // prettier-ignore

test("any range at any resolution has every minimum and maximum of stats.jsonl", async () => {
  const series = await openSeries(await runFolder(TEXT));
  const random = seeded(1);
  const ranges = Array.from({ length: 12 }, () => {
    const [a, b] = [Math.floor(random() * STEPS), Math.floor(random() * STEPS)];
    return { from: Math.min(a, b), to: Math.max(a, b) };
  });
  await expectEqual(series, LINES, [ALL, ...ranges, { from: STEPS + 1, to: STEPS + 9 }, { from: 3, to: 3 }]);
  expect(series.state).toEqual({ read: 1, damagedLines: 0, problem: null });
});

test("says which series there are, with their steps", async () => {
  const series = await openSeries(await runFolder(TEXT));
  expect(series.facts()).toEqual([
    { name: "loss/discriminator", count: STEPS, firstStep: 1, lastStep: STEPS },
    { name: "loss/generator", count: STEPS, firstStep: 1, lastStep: STEPS },
    { name: "gradientNorm/generator", count: 833, firstStep: 3, lastStep: 2_499 },
    { name: "evaluation/fid", count: 50, firstStep: 50, lastStep: STEPS },
  ]);
});

test("follows the file as it grows, and takes a line only when it is whole", async () => {
  const files = await runFolder(TEXT);
  const series = await openSeries(files);
  const more = randomLines(200, 8, STEPS + 1);
  const text = textOf(more);
  await appendFile(files.statsFile, text.slice(0, -20));
  await series.refresh();
  await expectEqual(series, [...LINES, ...more.slice(0, -1)], [ALL]);
  await appendFile(files.statsFile, text.slice(-20));
  await series.refresh();
  await expectEqual(series, [...LINES, ...more], [ALL, { from: STEPS - 10, to: STEPS + 10 }]);
});

describe("the file of the series", () => {
  test("is read by the next process, and not made again", async () => {
    const files = await runFolder(TEXT);
    await (await openSeries(files)).close();
    // A value that the stats do not have, with the checksum that is then due: only who reads this file answers it.
    const [head, directory, ...columns] = await forgedSegment();
    await writeFile(files.seriesFile, Buffer.concat([head, directory, ...columns]));
    const [buckets] = await (await openSeries(files)).data(["loss/generator"], { from: 5, to: 5 }, 1);
    expect(listsOf(buckets).last).toEqual([12345]);
  });

  test.each([
    ["is missing", (file: string) => rm(file)],
    ["is empty", (file: string) => writeFile(file, "")],
    ["is short", async (file: string) => writeFile(file, (await readFile(file)).subarray(0, -10_000))],
    ["is of another version", (file: string) => change(file, 4)],
    ["has a damaged directory", (file: string) => change(file, 60)],
    ["has damaged values", (file: string) => change(file, 5_000)],
    ["has a damaged summary", async (file: string) => change(file, await firstSummaryOf(file))],
    ["is something else", async (file: string) => writeFile(file, TEXT.slice(0, 1_000))],
  ])("is made again where it %s", async (_what, spoil) => {
    const files = await runFolder(TEXT);
    await (await openSeries(files)).close();
    const before = await readFile(files.seriesFile);
    await spoil(files.seriesFile);
    const series = await openSeries(files);
    await expectEqual(series, LINES, [ALL, { from: 90, to: 2_400 }]);
    expect((await readFile(files.seriesFile)).equals(before)).toBe(true);
  });

  test("damaged while it is open is made again", async () => {
    const files = await runFolder(TEXT);
    const series = await openSeries(files);
    await change(files.seriesFile, 5_000);
    await expectEqual(series, LINES, [ALL, { from: 90, to: 2_400 }]);
  });

  test.each([
    ["a link", (file: string) => symlink(join(dirname(file), "elsewhere"), file)],
    ["a folder", (file: string) => mkdir(file)],
  ])("is not written where there is %s, and the series are there all the same", async (_what, make) => {
    const files = await runFolder(TEXT);
    await make(files.seriesFile);
    const series = await openSeries(files);
    await expectEqual(series, LINES, [ALL]);
    await expect(stat(join(dirname(files.seriesFile), "elsewhere"))).rejects.toThrow("ENOENT");
  });

  test("is left alone by who may not write it", async () => {
    const files = await runFolder(TEXT);
    const series = await openSeries(files, { mayWrite: () => Promise.resolve(false) });
    await expectEqual(series, LINES, [ALL]);
    await expect(stat(files.seriesFile)).rejects.toThrow("ENOENT");
  });
});

describe("a run that is resumed", () => {
  test("loses the steps beyond its checkpoint, and makes them again", async () => {
    const files = await runFolder(TEXT);
    const series = await openSeries(files);
    for (const step of [2_400, 1_300, 10]) {
      const kept = LINES.filter((line) => line["step"]! <= step);
      const lines = [...kept, ...randomLines(300, step, step + 1)];
      await writeFile(`${files.statsFile}.tmp`, textOf(lines));
      await rename(`${files.statsFile}.tmp`, files.statsFile);
      await series.refresh();
      await expectEqual(series, lines, [ALL, { from: step - 5, to: step + 5 }]);
    }
  });

  test("is shown as it is, where the process that looks at it is another one", async () => {
    const files = await runFolder(TEXT);
    await (await openSeries(files)).close();
    const lines = [...LINES.filter((line) => line["step"]! <= 1_200), ...randomLines(1_500, 3, 1_201)];
    await writeFile(files.statsFile, textOf(lines));
    await expectEqual(await openSeries(files), lines, [ALL]);
  });

  test("whose old lines could not be dropped shows the newer ones", async () => {
    const again = randomLines(300, 3, 1_301);
    const series = await openSeries(await runFolder(TEXT + textOf(again)));
    const shown = [...LINES.filter((line) => line["step"]! <= 1_300), ...again];
    await expectEqual(series, shown, [ALL, { from: 1_250, to: 1_500 }]);
  });
});

test("a file that is not there has no series, and nothing fails", async () => {
  const files = await runFolder("");
  await rm(files.statsFile);
  const series = await openSeries(files);
  expect(series.facts()).toEqual([]);
  expect(listsOf((await series.data(["loss/x"], ALL, 10))[0])).toEqual({
    steps: [],
    min: [],
    max: [],
    last: [],
  });
  await writeFile(files.statsFile, textOf(LINES.slice(0, 10)));
  await series.refresh();
  await expectEqual(series, LINES.slice(0, 10), [ALL]);
});

test("lines that are no stats are counted and left out", async () => {
  const text = `${textOf(LINES.slice(0, 5))}rubbish\n[1]\n{"loss":1}\n${textOf(LINES.slice(5, 9))}`;
  const series = await openSeries(await runFolder(text));
  await expectEqual(series, LINES.slice(0, 9), [ALL]);
  expect(series.state.damagedLines).toBe(3);
});

test("stats that cannot be read are told as a problem", async () => {
  const files = await runFolder("");
  await rm(files.statsFile);
  await mkdir(files.statsFile);
  expect((await openSeries(files)).state.problem).toContain("it is a folder, and no regular file");
});

/** The first segment of `TEXT` as it would be were the generator's loss of step 5 another one. */
async function forgedSegment(): Promise<Buffer[]> {
  const tail = new Tail(1024);
  const lines = LINES.slice(0, 1024);
  for (const line of lines)
    tail.push(statsLineOf(line["step"] === 5 ? { ...line, "loss/generator": 12345 } : line)!);
  const own = Buffer.from(textOf(lines));
  const stats = { from: 0, to: own.length, crc: crc32(own), lines: lines.length };
  return encodeSegment(tail, stats, () => Promise.resolve());
}

/** A byte of the first column's summary, which comes after about 1,000 values. */
async function firstSummaryOf(file: string): Promise<number> {
  const directoryBytes = (await readFile(file)).readUInt32LE(8);
  return 48 + directoryBytes + 8 * 1010;
}

/** Another bit at a place. */
async function change(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at] ^= 1;
  await writeFile(file, bytes);
}
