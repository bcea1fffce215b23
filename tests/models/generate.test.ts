// `ganglion generate`: grids, files, arrays and animations of the same pictures.
import { readFile, readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { runCli, startCli, temporaryFolder, trainJson } from "../support/cli.ts";
import { writeConditionalGan } from "../support/conditional-gan.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";

const PIXELS = 4 * 4 * 3;

/** A run, and what `generate` says of it. */
async function trained() {
  const folder = await temporaryFolder();
  const module = await writeConditionalGan(folder);
  const data = await writeIdxFolder(join(folder, "data"), 24, [4, 4, 3], 3);
  const flags = ["--model", module, "--data", data, "--batch", "6", "--shard", "3", "--steps", "2"];
  const { run } = await trainJson([...flags, "--out", folder]);
  const draw = async (...more: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runCli(["generate", String(run), ...more]);
    expect([code, stderr]).toEqual([0, ""]);
    return stdout;
  };
  const array = async (...more: string[]): Promise<Buffer> => {
    const file = join(folder, "some.npy");
    await draw("--out", file, ...more);
    const bytes = await readFile(file);
    return bytes.subarray(bytes.indexOf("\n") + 1);
  };
  return { folder, run: String(run), draw, array };
}

test("draws the same pictures as an array, as files, on any number of threads, and by their seeds", async () => {
  const { folder, run, draw, array } = await trained();
  const all = await array("--count", "150", "--threads", "1");
  expect(all.length).toBe(150 * PIXELS);
  expect((await array("--count", "150", "--threads", "3")).equals(all)).toBe(true);

  expect(await draw("--count", "5", "--single")).toContain("5 images of step 2 in ");
  expect(await draw("--count", "1")).toContain(join("generated", "000002-grid.png"));
  expect(await draw("--count", "1")).toContain(join("generated", "000002-grid-2.png")); // what was drawn stays
  const generated = join(run, "generated");
  expect(await readdir(generated)).toEqual(["000002-grid-2.png", "000002-grid.png", "000002-png"]);
  const files = (await readdir(join(generated, "000002-png"))).map((name) => join(generated, "000002-png", name)); // prettier-ignore
  expect(files.map((file) => basename(file))).toEqual([0, 1, 2, 3, 4].map((i) => `00000${i}.png`));
  const pixels = await Promise.all(files.map((file) => sharp(file).raw().toBuffer()));
  const few = await array("--count", "5");
  expect(Buffer.concat(pixels).equals(few)).toBe(true);

  const seeds = await array("--seeds", "4,7-8", "--class", "1");
  const seven = await array("--seed", "7", "--count", "1", "--class", "1");
  expect(near(seeds.subarray(PIXELS, 2 * PIXELS), seven)).toBe(true);
  expect(near(await array("--truncation", "0", "--class", "2", "--seeds", "1"), await array("--truncation", "0", "--class", "2", "--seeds", "9"))).toBe(true); // prettier-ignore
  expect((await array("--raw", "--count", "5")).equals(few)).toBe(false);

  const labelled = join(folder, "labelled.npz");
  await draw("--out", labelled, "--count", "6");
  const zip = await readFile(labelled);
  const start = zip.indexOf("\n", zip.indexOf("labels.npy")) + 1; // behind the array's header
  expect([0, 1, 2, 3, 4, 5].map((i) => zip.readInt32LE(start + 4 * i))).toEqual([0, 1, 2, 0, 1, 2]);

  for (const name of ["loop.webp", "loop.gif"]) {
    const out = join(folder, name);
    expect(await draw("--interpolate", "3", "--frames", "6", "--seconds", "0.6", "--count", "2", "--out", out)).toBe(`6 frames through 3 images of step 2 in ${out}`); // prettier-ignore
    const { pages, loop, delay } = await sharp(out).metadata();
    expect([pages, loop, delay]).toEqual([6, 0, [100, 100, 100, 100, 100, 100]]);
  }
});

test("what contradicts itself is refused in a sentence, before anything is drawn", async () => {
  const { folder, run } = await trained();
  const before = await readdir(folder);
  const out = (name: string): string[] => ["--out", join(folder, name)];
  const refused: readonly (readonly [readonly string[], string])[] = [
    [["--seed", "1", "--seeds", "2"], "both say which noise"],
    [["--seeds", "1,2", "--count", "2"], "says how many images there are"],
    [["--single", "--interpolate"], "make different things"],
    [["--frames", "5"], "is for --interpolate"],
    [["--interpolate", "3", "--seeds", "1,2"], "give --interpolate without a number"],
    [["--interpolate", ...out("x.png")], "end it in .webp or .gif"],
    [["--single", ...out("x.png")], "name a folder"],
    [out("x.gif"), "add --interpolate"],
    [out("x.jpg"), "is neither a picture (.png, .webp) nor an array (.npy, .npz) by its name"],
    [["--columns", "2", ...out("x.npy")], "is for grids and animations"],
    [["--count", "5000"], "a grid has at most 4096 images"],
    [["--class", "dog"], "--class dog is none of the 3 classes of the run: choose one from 0 to 2"],
    [["--truncation", "1.5"], "Give a number from 0 to 1"],
    [["--single", "--out", folder], "is there already"],
  ];
  for (const [flags, message] of refused) {
    const { code, stderr } = await runCli(["generate", run, ...flags]);
    expect({ flags, code, stderr }).toEqual({ flags, code: 2, stderr: expect.stringContaining(message) });
  }
  expect(await readdir(folder)).toEqual(before);
  expect(await readdir(run)).not.toContain("generated");
});

test("Ctrl-C leaves no half file", async () => {
  const { folder, run } = await trained();
  const before = (await readdir(folder)).sort();
  const file = join(folder, "many.npy");
  const drawing = startCli(["generate", run, "--count", "9000000", "--out", file]);
  await expect.poll(() => readdir(folder), { timeout: 60_000 }).toContain(".many.npy.tmp"); // it draws
  drawing.process.kill("SIGINT");
  const { code, stderr } = await drawing.finished;
  expect([code, stderr]).toEqual([1, expect.stringContaining("stopping: nothing is written")]);
  expect((await readdir(folder)).sort()).toEqual(before);
});

/** Bytes of two batches of other sizes: the same to one. */
function near(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && a.every((byte, i) => Math.abs(byte - b[i]) <= 1);
}
