// How long the dashboard takes over a long run: reading its stats, any range of its series, its pictures.
//
//   npx jiti tests/bench/dashboard/series.ts [--steps 1000000] [--layers 12] [--grids 2000] [--folder DIR]
//
// Prints medians and maxima in milliseconds; nothing is asserted. The run is made in a temporary folder, which is removed.
import { link, mkdir, mkdtemp, open, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EventHistory } from "../../../coordinator/dashboard/history.ts";
import { RunContent } from "../../../coordinator/dashboard/run-content.ts";
import { startDashboard } from "../../../coordinator/dashboard/server.ts";
import { siteOfRun } from "../../../coordinator/dashboard/site.ts";
import { type RunPaths, runPaths } from "../../../coordinator/records/run-paths.ts";
import { encodeImageGrid } from "../../../coordinator/records/sample-grid.ts";

const { values: given } = parseArgs({
  options: {
    steps: { type: "string", default: "1000000" },
    layers: { type: "string", default: "12" },
    grids: { type: "string", default: "2000" },
    folder: { type: "string", default: tmpdir() },
  },
});
const [steps, layers, grids] = [given.steps, given.layers, given.grids].map(Number);

const path = await mkdtemp(join(given.folder, "ganglion-bench-"));
try {
  const folder = runPaths(path);
  await writeStats(folder);
  await writeGrids(folder);
  await measureReading(folder);
  await measureAnswers(folder);
} finally {
  await rm(path, { recursive: true });
}

async function writeStats({ statsFile }: RunPaths): Promise<void> {
  const file = await open(statsFile, "w");
  let text = "";
  for (let step = 1; step <= steps; step++) {
    const wave = Math.sin(step / 997) + Math.sin(step * 12.9898) * 0.3;
    const line: Record<string, number> = {
      step,
      version: 2 * step,
      images: 64 * step,
      epoch: (64 * step) / 60_000,
      seconds: step / 10,
      imagesPerSecond: 640 + wave,
      remainingSeconds: (steps - step) / 10,
      "loss/discriminator": 1.386 + wave / 10,
      "loss/generator": 0.693 - wave / 10,
      "score/real": 0.5 + wave / 10,
      "score/fake": 0.5 - wave / 10,
      "gradientNorm/discriminator": 1 + wave / 3,
      "gradientNorm/generator": 1 - wave / 3,
    };
    for (let layer = 0; layer < layers; layer++) line[`layerGradientNorm/generator/${layer}-conv2d`] = wave / (layer + 1); // prettier-ignore
    text += `${JSON.stringify(line)}\n`;
    if (step % 1000 === 0) text += `${JSON.stringify({ step, "evaluation/fid": 100 - wave })}\n`;
    if (text.length > 4 << 20 || step === steps) {
      await file.write(text);
      text = "";
    }
  }
  await file.close();
  console.log(
    `stats.jsonl: ${steps} steps of ${13 + layers} numbers, ${megabytes((await stat(statsFile)).size)}`,
  );
}

/** One picture under many names. */
async function writeGrids({ samples }: RunPaths): Promise<void> {
  await mkdir(samples);
  const images = new Float32Array(64 * 64 * 64 * 3).map((_, i) => Math.sin(i / 50));
  const first = join(samples, "000000.png");
  await writeFile(first, await encodeImageGrid({ images, imageShape: [64, 64, 3] }));
  for (let i = 1; i < grids; i++) await link(first, join(samples, `${String(i * 500).padStart(6, "0")}.png`));
}

/** At first from the stats alone, then from series.bin, and then a step at a time. */
async function measureReading(folder: RunPaths): Promise<void> {
  const history = new EventHistory();
  const first = new RunContent({ history, folder, pauseMs: 0 });
  let before = process.cpuUsage();
  await first.series.refresh();
  const used = cpuSince(before);
  console.log(
    `read for the first time: ${(used / 1000).toFixed(1)} s of processor time, ${((1000 * used) / steps).toFixed(1)} µs a step`,
  );
  await first.close();
  console.log(`series.bin: ${megabytes((await stat(folder.seriesFile)).size)}`);
  const again = new RunContent({ history, folder, pauseMs: 0 });
  const start = performance.now();
  await again.series.refresh();
  console.log(`opened again: ${(performance.now() - start).toFixed(0)} ms`);
  const file = await open(folder.statsFile, "a");
  const last = `"loss/discriminator":1.5,"loss/generator":0.5,"score/real":0.25,"imagesPerSecond":640.25`;
  const more = 2000;
  for (let i = 1; i <= more; i++) await file.write(`{"step":${steps + i},${last}}\n`);
  await file.close();
  before = process.cpuUsage();
  await again.series.refresh();
  console.log(`a step that comes: ${((1000 * cpuSince(before)) / more).toFixed(1)} µs`);
  console.log(`memory: ${megabytes(process.memoryUsage().rss)} resident`);
  await again.close();
}

async function measureAnswers(folder: RunPaths): Promise<void> {
  const site = siteOfRun({ history: new EventHistory(), folder, pauseMs: 0 });
  const dashboard = await startDashboard({ host: "127.0.0.1", port: 0, site });
  const { url } = dashboard;
  try {
    await ask(`${url}/api/series`);
    const two = "loss/discriminator,loss/generator";
    const eight = `${two},score/real,score/fake,gradientNorm/discriminator,gradientNorm/generator,imagesPerSecond,evaluation/fid`;
    const ranges = [steps, steps / 2, steps / 10, steps / 100, 1000].flatMap((width) =>
      [0, 0.37, 0.81, 1].map((place) => {
        const from = Math.floor((steps - width) * place);
        return `from=${from}&to=${Math.floor(from + width)}`;
      }),
    );
    for (const [what, names] of [
      ["2 series", two],
      ["8 series", eight],
    ] as const)
      for (const points of [500, 1000, 2000]) {
        const url_ = (range: string): string => `${url}/api/series/data?names=${names}&${range}&points=${points}`; // prettier-ignore
        await report(`${what}, ${points} points, any range`, ranges.map(url_));
      }
    await report(
      "GET /api/samples",
      Array.from({ length: 5 }, () => `${url}/api/samples`),
    );
    const names = Array.from({ length: 40 }, (_, i) => `${url}/samples/thumbs/${String(i * 500).padStart(6, "0")}.webp`); // prettier-ignore
    await report("a thumbnail, made", names);
    await report("a thumbnail, kept", names);
  } finally {
    await dashboard.close();
  }
}

async function report(what: string, urls: readonly string[]): Promise<void> {
  const times: number[] = [];
  for (const url of urls) times.push(await ask(url));
  const [first] = times;
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)];
  console.log(
    `${what}: median ${median.toFixed(1)} ms, most ${times.at(-1)!.toFixed(1)} ms, first ${first.toFixed(1)} ms`,
  );
}

async function ask(url: string): Promise<number> {
  const start = performance.now();
  const response = await fetch(url);
  await response.arrayBuffer();
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return performance.now() - start;
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
