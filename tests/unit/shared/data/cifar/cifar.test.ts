// CIFAR's binary version, from a folder and from its archive; the Python version is refused.
import { createWriteStream } from "node:fs";
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { expect, test } from "vitest";
import { cifar } from "../../../../../shared/data/cifar/cifar.ts";
import type { Split } from "../../../../../shared/data/dataset.ts";
import { FORMATS } from "../../../../../shared/data/formats.ts";
import type { ImageSource } from "../../../../../shared/data/source.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const TEN = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];
const open = (path: string, split: Split = "train"): Promise<ImageSource> => cifar.open(path, split, {});

/** A record whose planes are red, green and blue 0, 1, 2 … upwards from `first`, 100 and 200 higher each, modulo 256. */
function record(labels: readonly number[], first: number): Buffer {
  const plane = (from: number): number[] => Array.from({ length: 1024 }, (_, i) => (from + i) % 256);
  return Buffer.from([...labels, ...plane(first), ...plane(first + 100), ...plane(first + 200)]);
}

/** The same image as [32, 32, 3]. */
function image(first: number): number[] {
  return Array.from({ length: 3072 }, (_, i) => (first + (i % 3) * 100 + Math.floor(i / 3)) % 256);
}

/** Vitest compares bytes one by one, which takes seconds here. */
async function expectPixels(source: ImageSource, firsts: readonly number[]): Promise<void> {
  const pixels = await pixelsOf(source);
  expect(pixels.equals(Buffer.from(firsts.flatMap(image)))).toBe(true);
}

async function pixelsOf({ content }: ImageSource): Promise<Buffer> {
  if (content.kind !== "pixels") throw new Error(`these are ${content.kind}`);
  const pieces: Uint8Array[] = [];
  for await (const piece of content.pixels()) pieces.push(piece);
  return Buffer.concat(pieces);
}

const CIFAR_10: Readonly<Record<string, Buffer>> = {
  "batches.meta.txt": Buffer.from(`${TEN.join("\n")}\n\n`),
  "data_batch_2.bin": Buffer.concat([record([9], 7), record([0], 8)]),
  "readme.html": Buffer.from("<html>"),
  "test_batch.bin": record([3], 50),
  "data_batch_1.bin": record([6], 1),
};

async function folderOf(files: Readonly<Record<string, Buffer>>, below = "."): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, below), { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, below, name), content);
  return folder;
}

/** In the order of the entries, below a folder of their own, as CIFAR's archives are. */
async function archiveOf(
  files: Readonly<Record<string, Buffer>>,
  { below = "cifar-10-batches-bin", gzipped = true } = {},
): Promise<string> {
  const file = join(await temporaryFolder(), "download");
  const archive = pack();
  archive.entry({ name: `${below}/`, type: "directory" });
  for (const [name, content] of Object.entries(files)) archive.entry({ name: `${below}/${name}` }, content);
  archive.finalize();
  await (gzipped
    ? pipeline(archive, createGzip(), createWriteStream(file))
    : pipeline(archive, createWriteStream(file)));
  return file;
}

test.for(["folder", "folder in a folder", "tar.gz", "tar"])(
  "CIFAR-10 from a %s has its images by rows and pixels, in the order of its files' names",
  async (kind) => {
    const folder = await folderOf(CIFAR_10, kind === "folder in a folder" ? "cifar-10-batches-bin" : ".");
    const path = kind.startsWith("tar") ? await archiveOf(CIFAR_10, { gzipped: kind === "tar.gz" }) : folder;
    for (const format of FORMATS.slice(0, FORMATS.indexOf(cifar)))
      expect(await format.recognizes(path)).toBe(false);
    expect(await cifar.recognizes(path)).toBe(true);
    const source = await open(path);
    expect(source).toMatchObject({
      format: "CIFAR-10 data set",
      classNames: TEN,
      notes: [],
      content: { count: 3, imageShape: [32, 32, 3] },
    });
    expect(source.labels).toEqual(Uint8Array.of(6, 9, 0));
    await expectPixels(source, [1, 7, 8]);
    await expectPixels(source, [1, 7, 8]); // again with each call
    const measured = await open(path, "test");
    expect(measured.labels).toEqual(Uint8Array.of(3));
    await expectPixels(measured, [50]);
  },
);

test("CIFAR-100 has its fine labels, which its start says", async () => {
  const names = Array.from({ length: 100 }, (_, i) => `thing ${i}`);
  const files = {
    "train.bin": Buffer.concat([record([19, 99], 1), record([4, 0], 2)]),
    "test.bin": record([3, 33], 3),
    "fine_label_names.txt": Buffer.from(names.join("\n")),
    "coarse_label_names.txt": Buffer.from("a\nb"),
  };
  for (const path of [await folderOf(files), await archiveOf(files, { below: "cifar-100-binary" })]) {
    const source = await open(path);
    expect(source.labels).toEqual(Uint8Array.of(99, 0));
    expect(source.classNames).toEqual(names);
    expect(source.notes).toEqual([
      "the labels are CIFAR-100's 100 fine ones; its 20 coarse ones are not read",
    ]);
    await expectPixels(source, [1, 2]);
  }
});

test("records longer than a piece of the file come whole", async () => {
  const many = Array.from({ length: 600 }, (_, i) => i);
  const path = await folderOf({ "data_batch_1.bin": Buffer.concat(many.map((i) => record([i % 10], i))) });
  const source = await open(path);
  expect(source.classNames).toBeNull(); // no list of names
  await expectPixels(source, many);
});

test("the Python version is never unpickled: the binary one is named", async () => {
  const pickle = Buffer.from("\x80\x02}q\x01.", "latin1");
  const python = { data_batch_1: pickle, "batches.meta": pickle, test_batch: pickle };
  for (const path of [
    await folderOf(python),
    await archiveOf(python, { below: "cifar-10-batches-py" }),
    await archiveOf({ meta: pickle, train: pickle, test: pickle }, { below: "cifar-100-python" }),
  ]) {
    expect(await cifar.recognizes(path)).toBe(true);
    await expect(open(path)).rejects.toThrow(
      /CIFAR's Python version, whose files are pickled .*: download the binary version/,
    );
  }
});

test("other archives and folders are not CIFAR's, whatever a file in them is called", async () => {
  for (const path of [
    await archiveOf({ "a.txt": Buffer.from("a"), "data_batch_1.bin": record([1], 0) }),
    await archiveOf({ "train.bin": Buffer.from("weights") }),
    await folderOf({ "train.bin": Buffer.from("weights") }),
    await folderOf({ data_batch_1: Buffer.from("a note") }),
    join(await temporaryFolder(), "missing"),
  ])
    expect(await cifar.recognizes(path), path).toBe(false);
});

test("truncated files, labels that are no class and missing splits are told", async () => {
  const short = await folderOf(CIFAR_10);
  await truncate(join(short, "data_batch_1.bin"), 3000);
  await expect(open(short)).rejects.toThrow(
    /data_batch_1\.bin in .* has 3000 bytes, which is no multiple of the 3073/,
  );
  const wrong = await folderOf({ "data_batch_1.bin": Buffer.concat([record([1], 0), record([10], 0)]) });
  await expect(open(wrong)).rejects.toThrow(
    /data_batch_1\.bin in .* has the label 10 at image 1, where 0 to 9/,
  );
  await expect(open(wrong, "test")).rejects.toThrow(
    /has no test images: put test_batch\.bin .* it holds data_batch_1\.bin/,
  );
  const archive = await archiveOf(CIFAR_10, { gzipped: false });
  await truncate(archive, 12_000);
  await expect(open(archive)).rejects.toThrow(/download is damaged/);
});
