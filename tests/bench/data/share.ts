// What images cost a training step, in memory and read from their file, in turns:
//
//   npx jiti tests/bench/data/share.ts --help
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { median } from "../../../deploy/bench/speed.ts";
import { wholeNumber } from "../../../deploy/flags/parsers.ts";
import type { Filling } from "./fill-once.ts";
import { writePixels } from "./pixels.ts";
import { lastLineOfScript, machine } from "./program.ts";
import { type Training, trainOnce } from "./train-once.ts";

interface Flags {
  readonly images: number;
  readonly filters: number;
  readonly steps: number;
  readonly rounds: number;
  readonly size?: number;
}

/** Where images lie while they are trained on; the others are compared with the first. */
const PLACES = {
  memory: "in memory",
  file: "in their file, memory for a quarter",
  cold: "the same, the file not in the page cache",
} as const;
type Place = keyof typeof PLACES;

interface Cost {
  readonly filling: Filling;
  readonly training: Training;
}

const wanted = new Command("npx jiti tests/bench/data/share.ts")
  .description("what images cost a step of dcgan, in memory and read from their file")
  .option("--images <n>", "images in the set, 3 colours", wholeNumber(64), 20_000)
  .option("--size <n>", "only images of this side (default: 64, then 32)", wholeNumber(8, 256))
  .option("--filters <n>", "of dcgan: fewer are faster, and the data's share is greater", wholeNumber(1), 16)
  .option("--steps <n>", "steps that count, after two that warm up", wholeNumber(1), 12)
  .option("--rounds <n>", "how often each is measured", wholeNumber(1), 3)
  .addHelpText("after", "\nNeeds a build (npm run build), Linux and GNU dd.\n")
  .parse()
  .opts<Flags>();

const scratch = await mkdtemp(join(tmpdir(), "ganglion-bench-share-"));
process.env["GANGLION_CACHE"] = join(scratch, "cache");
try {
  const { images, filters, steps, rounds, size } = wanted;
  process.stdout.write(
    `${machine()}; dcgan of ${filters} filters, batch 64, ${steps} steps, ${rounds} rounds in turns, medians; ${images} images\n\n` +
      "| images | lie | filling a step's input: µs an image | CPU µs | trained images/s | ÷ in memory | CPU ms an image | filling's part of it | memory of a process that only fills | peak in training |\n" +
      "|---|---|---|---|---|---|---|---|---|---|\n",
  );
  for (const side of size === undefined ? [64, 32] : [size]) {
    const file = join(scratch, `${side}.npy`);
    await writePixels(file, images, side);
    process.stdout.write(rowsOf(side, await measure(file, side)));
    await rm(file);
  }
} finally {
  await rm(scratch, { recursive: true, force: true });
}

/** By place, a cost for each round. */
async function measure(file: string, side: number): Promise<Readonly<Record<Place, readonly Cost[]>>> {
  const costs: Record<Place, Cost[]> = { memory: [], file: [], cold: [] };
  for (let round = 0; round < wanted.rounds; round++)
    for (const place of Object.keys(PLACES) as Place[]) costs[place].push(await costOf(place, file, side));
  return costs;
}

async function costOf(place: Place, file: string, side: number): Promise<Cost> {
  const { images, filters, steps } = wanted;
  const setBytes = images * 3 * side * side;
  const memoryBytes = place === "memory" ? setBytes : Math.floor(setBytes / 4);
  const fillOnce = async (count: number): Promise<Filling> =>
    (await lastLineOfScript("./fill-once.ts", [
      file,
      memoryBytes,
      String(place === "cold"),
      count,
    ])) as Filling;
  const filling = await fillOnce(images);
  if (place === "cold") await fillOnce(0); // lets the file go again
  const flags = ["--preset", "dcgan", "--data", file, "--data-memory", memoryBytes, "--filters", filters];
  const out = await mkdtemp(join(scratch, "runs-"));
  const run = [...flags, "--batch", 64, "--out", out];
  return { filling, training: await trainOnce(run, steps, process.env["GANGLION_CACHE"]!) };
}

/** Ratios are of the same round, since the load changes between rounds. */
function rowsOf(side: number, costs: Readonly<Record<Place, readonly Cost[]>>): string {
  const speed = ({ training }: Cost): number => 1 / training.seconds;
  const each = ({ images }: Filling, seconds: number): number => seconds / images;
  const row = (place: Place): string => {
    const own = costs[place];
    const of = (value: (cost: Cost, round: number) => number): number => median(own.map(value));
    const fillCpu = of(({ filling }) => each(filling, filling.cpuSeconds));
    const trainCpu = of(({ training }) => training.cpuSeconds);
    const cells = [
      `${side}×${side}×3`,
      PLACES[place],
      (1e6 * of(({ filling }) => each(filling, filling.seconds))).toFixed(1),
      (1e6 * fillCpu).toFixed(1),
      of(speed).toFixed(1),
      of((cost, round) => speed(cost) / speed(costs.memory[round])).toFixed(2),
      (1e3 * trainCpu).toFixed(2),
      `${((100 * fillCpu) / trainCpu).toFixed(2)} %`,
      `${(of(({ filling }) => filling.residentBytes) / 1e6).toFixed(0)} MB`,
      `${(of(({ training }) => training.peakBytes) / 1e6).toFixed(0)} MB`,
    ];
    return `| ${cells.join(" | ")} |\n`;
  };
  return (Object.keys(PLACES) as Place[]).map(row).join("");
}
