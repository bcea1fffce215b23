// Run by decoding.ts as a process of its own: decodes a folder of pictures once, as the first word says, and prints how
// long that took as a line of JSON.
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { AS_THEY_ARE } from "../../../shared/data/image-options.ts";
import { loadDataset } from "../../../shared/data/load.ts";

/** Both of all processes and threads that took part. */
export interface Decoding {
  readonly images: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const DECODERS = { ganglion: decodeIntoCache, sharp: decodeInLoop };
export type Decoder = keyof typeof DECODERS;

const [decoder, folder, size] = process.argv.slice(2);
const used = process.cpuUsage();
const began = performance.now();
const images = await DECODERS[decoder as Decoder](folder, Number(size));
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(used);
process.stdout.write(
  `${JSON.stringify({ images, seconds, cpuSeconds: (user + system) / 1e6 } satisfies Decoding)}\n`,
);

/** As a run does whose data were not seen before: every header, every picture, the packed file and its fingerprint. */
async function decodeIntoCache(pictures: string, side: number): Promise<number> {
  const cache = await mkdtemp(join(tmpdir(), "ganglion-decoding-"));
  try {
    const options = { folder: cache, images: { ...AS_THEY_ARE, size: [side, side] as [number, number] } };
    return (await loadDataset(pictures, "train", options)).count;
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

/** As one writes it: some at a time, each read, cut, resized, and thrown away. */
async function decodeInLoop(pictures: string, side: number): Promise<number> {
  const entries = await readdir(pictures, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < files.length) await sharp(files[next++]).resize(side, side).raw().toBuffer();
  };
  await Promise.all(Array.from({ length: availableParallelism() + 2 }, work));
  return files.length;
}
