// Run by share.ts as a process of its own: fills a thread's inputs from a data set, as each step does before it
// computes, and prints what that takes as a line of JSON.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Dataset } from "../../../shared/data/dataset.ts";
import { loadDataset } from "../../../shared/data/load.ts";
import { SampleOrder } from "../../../shared/data/sample-order.ts";
import { openSamples } from "../../../worker/batches.ts";

export interface Filling {
  readonly images: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Memory of this process, with what the images take in it. */
  readonly residentBytes: number;
}

const SHARD = 64;

const [file, memoryBytes, isCold, wanted] = process.argv.slice(2);
const dataset = await loadDataset(file, "train", { memoryBytes: Number(memoryBytes) });
if (isCold === "true") await forgetFile(dataset);
const filling = fill(dataset, Math.floor(Number(wanted) / SHARD) * SHARD);
process.stdout.write(`${JSON.stringify(filling)}\n`);

function fill(set: Dataset, images: number): Filling {
  const samples = openSamples(set);
  const order = new SampleOrder(1, set.count);
  const target = new Float32Array(set.imageShape.reduce((product, length) => product * length, SHARD));
  const used = process.cpuUsage();
  const began = performance.now();
  for (let first = 0; first < images; first += SHARD)
    samples.fill(target, (i) => order.idAt(first + i), SHARD);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(used);
  return { images, seconds, cpuSeconds: (user + system) / 1e6, residentBytes: process.memoryUsage.rss() };
}

/** What the operating system keeps of the data's file is let go (GNU dd). */
async function forgetFile({ images }: Dataset): Promise<void> {
  if (images.kind === "file")
    await promisify(execFile)("dd", [
      `of=${images.file}`,
      "oflag=nocache",
      "conv=notrunc,fdatasync",
      "count=0",
    ]);
}
