// How fast pictures are decoded, against a plain loop over sharp and against torchvision, in turns:
//
//   npx jiti tests/bench/data/decoding.ts --help
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { median } from "../../../deploy/bench/speed.ts";
import { wholeNumber } from "../../../deploy/flags/parsers.ts";
import type { Decoding } from "./decode-once.ts";
import { drawFlowers, mixedSize } from "./flowers.ts";
import { lastLineOf, lastLineOfScript, machine } from "./program.ts";

interface Flags {
  readonly images: number;
  readonly rounds: number;
  readonly python?: string;
  readonly folder?: string;
  readonly size: number;
}

/** One kind of pictures, and the side of the images that they become. */
interface PictureSet {
  readonly name: string;
  readonly folder: string;
  readonly side: number;
}

/** Who decodes; `ganglion` first, the others are compared with it. */
type Competitor = "ganglion" | "sharp" | "torchvision";

const NAMES: Readonly<Record<Competitor, string>> = {
  ganglion: "ganglion: survey, decoding, packed file, fingerprint",
  sharp: "sharp in a loop, thrown away",
  torchvision: "torchvision: ImageFolder, DataLoader",
};

const wanted = new Command("npx jiti tests/bench/data/decoding.ts")
  .description("images decoded a second, by ganglion, a plain loop over sharp, and torchvision's ImageFolder")
  .option("--images <n>", "pictures in each of the sets that are drawn", wholeNumber(1), 2000)
  .option("--rounds <n>", "how often each decodes each set", wholeNumber(1), 5)
  .option("--folder <folder>", "decode these pictures, in folders by class, instead of drawn ones")
  .option("--size <n>", "with --folder: the side of the images", wholeNumber(1), 64)
  .option("--python <file>", "a Python that has torchvision (default: without it)")
  .addHelpText("after", "\nNeeds nothing besides npm; torchvision: apt-get install python3-torchvision.\n")
  .parse()
  .opts<Flags>();

// Of the processes that decode by sharp: a thread for every core, and then ganglion needs no further process for that.
process.env["UV_THREADPOOL_SIZE"] = String(Math.max(4, availableParallelism()));
const scratch = await mkdtemp(join(tmpdir(), "ganglion-bench-decoding-"));
try {
  const sets = await setsIn(scratch, wanted);
  const competitors: Competitor[] = ["ganglion", "sharp", ...(wanted.python ? ["torchvision" as const] : [])];
  process.stdout.write(
    `${machine()}; ${wanted.rounds} rounds in turns, medians; as many processes or threads as cores\n\n` +
      "| pictures | decoded by | images/s | ganglion's speed ÷ its | CPU ms an image | ganglion's CPU ÷ its |\n" +
      "|---|---|---|---|---|---|\n",
  );
  for (const set of sets) process.stdout.write(rowsOf(set, competitors, await measure(set, competitors)));
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function setsIn(folder: string, { images, folder: own, size }: Flags): Promise<PictureSet[]> {
  if (own !== undefined) return [{ name: `${own} → ${size}×${size}`, folder: own, side: size }];
  const draw = async (name: string, side: number, width: number, height: number): Promise<PictureSet> => {
    const set = { name: `${name} → ${side}×${side}`, folder: join(folder, name), side };
    await drawFlowers(set.folder, images, width === 0 ? mixedSize : () => [width, height]);
    return set;
  };
  return [
    await draw("32×32 JPEG", 32, 32, 32),
    await draw("96–255 wide JPEG", 64, 0, 0),
    await draw("500×375 JPEG", 64, 500, 375),
  ];
}

/** Each competitor's rounds. In every round each decodes the set once. */
async function measure(
  { folder, side }: PictureSet,
  competitors: readonly Competitor[],
): Promise<ReadonlyMap<Competitor, readonly Decoding[]>> {
  await readAll(folder); // from memory then, for whoever comes first
  const rounds = new Map<Competitor, Decoding[]>(competitors.map((competitor) => [competitor, []]));
  for (let round = 0; round < wanted.rounds; round++)
    for (const competitor of competitors)
      rounds.get(competitor)!.push(await decodingBy(competitor, folder, side));
  return rounds;
}

async function decodingBy(competitor: Competitor, folder: string, side: number): Promise<Decoding> {
  switch (competitor) {
    case "ganglion":
    case "sharp":
      return (await lastLineOfScript("./decode-once.ts", [competitor, folder, side])) as Decoding;
    case "torchvision": {
      const script = fileURLToPath(new URL("./imagefolder.py", import.meta.url));
      const flags = ["--folder", folder, "--size", side, "--processes", availableParallelism()];
      return (await lastLineOf(wanted.python!, [script, ...flags])) as Decoding;
    }
    default:
      return competitor satisfies never;
  }
}

async function readAll(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) await readFile(join(entry.parentPath, entry.name));
}

/** Ratios are of the same round, since the load changes between rounds. */
function rowsOf(
  { name }: PictureSet,
  competitors: readonly Competitor[],
  rounds: ReadonlyMap<Competitor, readonly Decoding[]>,
): string {
  const own = rounds.get("ganglion")!;
  const row = (competitor: Competitor): string => {
    const theirs = rounds.get(competitor)!;
    const cpu = ({ cpuSeconds, images }: Decoding): number => (1000 * cpuSeconds) / images;
    const times = median(theirs.map(({ seconds }, i) => seconds / own[i].seconds));
    const work = median(theirs.map((their, i) => cpu(own[i]) / cpu(their)));
    const cells = [
      name,
      NAMES[competitor],
      median(theirs.map(({ images, seconds }) => images / seconds)).toFixed(0),
      times.toFixed(2),
      median(theirs.map(cpu)).toFixed(2),
      work.toFixed(2),
    ];
    return `| ${cells.join(" | ")} |\n`;
  };
  return competitors.map(row).join("");
}
