// From a name to a data set: decoded once, from the cache afterwards, and refused as a whole.
import { mkdir, readFile, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { AS_THEY_ARE } from "../../../../shared/data/image-options.ts";
import { ACCEPTED_DATA } from "../../../../shared/data/formats.ts";
import { openImages } from "../../../../shared/data/images.ts";
import { loadDataset, summarizeDataset } from "../../../../shared/data/load.ts";
import { decodeSource } from "../../../../shared/data/pictures/decode-source.ts";
import type { ImageSource } from "../../../../shared/data/source.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { pixelsOf } from "../../../support/load-source.ts";
import { paint, png16 } from "../../../support/pictures.ts";

test("reads a folder of IDX files", async () => {
  const folder = await temporaryFolder();
  await writeFile(
    join(folder, "train-images-idx3-ubyte"),
    Buffer.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 8, 9),
  );
  expect([...pixelsOf(await loadDataset(folder, "train"))]).toEqual([8, 9]);
});

test("names what it does not know, and says what it would accept", async () => {
  await expect(loadDataset("stroks", "train")).rejects.toMatchObject({
    code: "DATA",
    message: `there is no data set "stroks": give ${ACCEPTED_DATA}`,
  });
  expect(ACCEPTED_DATA).toContain('"strokes" (built in)');
  expect(ACCEPTED_DATA).toContain("a folder with IDX files");
  await expect(loadDataset("", "train")).rejects.toMatchObject({ code: "DATA" });
  const file = fileURLToPath(import.meta.url);
  await expect(loadDataset(file, "train")).rejects.toThrow(
    /load\.test\.ts is text \(.*\), and no data set: download the file itself/,
  );
});

/** Ten grey pictures of 4 × 4 in two classes; picture i is all of value 20 i. */
async function greyFolder(): Promise<string> {
  const folder = await temporaryFolder();
  for (const name of ["cats", "dogs"]) await mkdir(join(folder, name));
  for (let i = 0; i < 10; i++) {
    const png = await paint(4, 4, 1, () => [20 * i])
      .png()
      .toBuffer();
    await writeFile(join(folder, i < 4 ? "cats" : "dogs", `${i}.png`), png);
  }
  return folder;
}

test("a folder of pictures becomes images in the order of their names, with its folders as classes", async () => {
  const folder = await greyFolder();
  const cache = await temporaryFolder();
  const set = await loadDataset(folder, "train", { folder: cache });
  expect(set).toMatchObject({ name: folder, count: 10, imageShape: [4, 4, 1], classNames: ["cats", "dogs"] });
  expect([...set.labels!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  expect([...pixelsOf(set)].filter((_, i) => i % 16 === 0)).toEqual([
    0, 20, 40, 60, 80, 100, 120, 140, 160, 180,
  ]);
});

test("it is decoded once; whatever changes in its files, or in the options, decodes it again", async () => {
  const folder = await greyFolder();
  const cache = await temporaryFolder();
  const decodings = async (images = AS_THEY_ARE): Promise<number> => {
    let decoded = 0;
    const onProgress = (doing: string): void => void (doing === "decoding" && decoded++);
    await loadDataset(folder, "train", { folder: cache, images, onProgress });
    return decoded;
  };
  expect(await decodings()).toBe(10);
  expect(await decodings()).toBe(0);
  expect(await decodings({ ...AS_THEY_ARE, flip: true })).toBe(0); // the same images
  expect(await decodings({ ...AS_THEY_ARE, size: [2, 2] })).toBe(10);
  const file = join(folder, "cats", "0.png");
  const { mtime } = await stat(file);
  await writeFile(file, await readFile(join(folder, "dogs", "9.png")));
  await utimes(file, mtime, mtime); // as a tool does that keeps times
  expect(await decodings()).toBe(10);
  await rm(file);
  expect(await decodings()).toBe(9);
});

test("images beyond the bound are read from the cache's file", async () => {
  const folder = await greyFolder();
  const cache = await temporaryFolder();
  const inMemory = await loadDataset(folder, "train", { folder: cache });
  const stored = await loadDataset(folder, "train", { folder: cache, memoryBytes: 159 }); // of 160
  expect([inMemory.images.kind, stored.images.kind]).toEqual(["memory", "file"]);
  expect(stored.fingerprint).toBe(inMemory.fingerprint);
  const reader = openImages(stored.images, 16);
  expect([...reader.read(7)]).toEqual(Array.from({ length: 16 }, () => 140));
  reader.close();
});

test("without a cache the images stay in memory, as far as they fit", async () => {
  const folder = await greyFolder();
  const said: string[] = [];
  const file = join(folder, "cats", "0.png");
  const say = (sentence: string): void => void said.push(sentence);
  expect((await loadDataset(folder, "train", { folder: file, say })).images.kind).toBe("memory");
  expect(said).toEqual([expect.stringMatching(/cannot be kept in .*ENOTDIR.*in memory.*GANGLION_CACHE/)]);
  await expect(loadDataset(folder, "train", { folder: null, memoryBytes: 159 })).rejects.toThrow(
    /10 images have 1 kB, which can only be kept in a file here: .*GANGLION_CACHE.*--data-memory/,
  );
});

test("all bad pictures are found and listed with their reasons, and refused or skipped", async () => {
  const folder = await greyFolder();
  const cache = await temporaryFolder();
  const whole = await readFile(join(folder, "dogs", "9.png"));
  await writeFile(join(folder, "cats", "empty.png"), "");
  await writeFile(join(folder, "cats", "page.jpg"), "<!doctype html><title>404</title>");
  await writeFile(join(folder, "cats", "0 cut.png"), whole.subarray(0, whole.length - 20));
  await writeFile(join(folder, "dogs", "huge.png"), claimSize(whole, 65_535));
  await writeFile(join(folder, "dogs", "right.jpg"), whole); // a PNG: only its name is wrong
  const refused = /4 pictures of .* cannot be read \(cats\/0 cut\.png: .*; cats\/empty\.png: it is empty; cats\/page\.jpg: it is a web page .*; dogs\/huge\.png: it claims 65535 × 65535 pixels.*\): .*--skip-bad/; // prettier-ignore
  for (let i = 0; i < 2; i++)
    await expect(loadDataset(folder, "train", { folder: cache })).rejects.toThrow(refused);
  const skipping = { folder: cache, images: { ...AS_THEY_ARE, skipBad: true } };
  for (let i = 0; i < 2; i++) {
    const set = await loadDataset(folder, "train", skipping);
    expect(set.skipped.map(({ name }) => name)).toEqual([
      "cats/0 cut.png",
      "cats/empty.png",
      "cats/page.jpg",
      "dogs/huge.png",
    ]);
    expect([...set.labels!]).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    expect([...pixelsOf(set)].filter((_, at) => at % 16 === 0)).toEqual([
      0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 180,
    ]);
  }
  await expect(loadDataset(folder, "train", { folder: cache })).rejects.toThrow(refused); // also from the cache
  expect((await readdir(join(cache, "data"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

/** A PNG whose header claims a square of this side; the checksum of the header is right. */
function claimSize(png: Buffer, side: number): Buffer {
  const claimed = Buffer.from(png);
  claimed.writeUInt32BE(side, 16);
  claimed.writeUInt32BE(side, 20);
  claimed.writeUInt32BE(crc32(claimed.subarray(12, 29)), 29);
  return claimed;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

test("a picture that is gone before it is decoded is a bad one", async () => {
  const png = await paint(4, 4, 1, () => [7])
    .png()
    .toBuffer();
  let reads = 0;
  const vanishing = (): Buffer => {
    if (reads++ === 0) return png; // its header
    throw new Error("ENOENT: no such file or directory");
  };
  const source: ImageSource = {
    format: "of a test",
    identity: [],
    labels: null,
    classNames: null,
    notes: [],
    warnings: [],
    content: {
      kind: "pictures",
      count: 2,
      async *pictures() {
        yield { index: 0, name: "here.png", bytes: () => png };
        yield { index: 1, name: "gone.png", bytes: vanishing };
      },
    },
  };
  const decoded = await decodeSource(source, "x", {
    folder: null,
    images: { ...AS_THEY_ARE, skipBad: true },
  });
  expect(decoded.skipped).toEqual([{ name: "gone.png", reason: "ENOENT: no such file or directory" }]);
  expect(decoded.dataset.count).toBe(1);
});

test("a set without a picture that can be read is refused even where bad ones are skipped", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "a.jpg"), "text");
  await writeFile(join(folder, "b.png"), Buffer.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10));
  const images = { ...AS_THEY_ARE, skipBad: true };
  await expect(loadDataset(folder, "train", { folder: null, images })).rejects.toThrow(
    /all 2 pictures of .*: give pictures that can be opened/,
  );
});

test("pictures of several sizes are refused with the sizes and the flag, and resized where one is given", async () => {
  const folder = await greyFolder();
  await writeFile(
    join(folder, "dogs", "wide.png"),
    await paint(4, 8, 1, () => [9])
      .png()
      .toBuffer(),
  );
  await expect(loadDataset(folder, "train", { folder: null })).rejects.toThrow(
    /of 2 sizes \(4×4 \(10\) and 4×8 \(1\)\): give the one to resize them to, such as --image-size 4$/,
  );
  const images = { ...AS_THEY_ARE, size: [4, 4] as [number, number] };
  const set = await loadDataset(folder, "train", { folder: null, images });
  expect(set).toMatchObject({ count: 11, imageShape: [4, 4, 1] });
  expect(set.notes).toContain(
    "1 picture of size 4×8 (1) resized to 4 high × 4 wide (--fit cover: cut from the middle)",
  );
});

test("each rule that applies is told once, with counts", async () => {
  const folder = await temporaryFolder();
  const put = async (name: string, bytes: Promise<Buffer>): Promise<void> =>
    writeFile(join(folder, name), await bytes);
  await put(
    "colour.png",
    paint(4, 4, 3, () => [1, 2, 3])
      .png()
      .toBuffer(),
  );
  await put(
    "grey.png",
    paint(4, 4, 1, () => [7])
      .png()
      .toBuffer(),
  );
  await put(
    "alpha.png",
    paint(4, 4, 4, () => [1, 2, 3, 0])
      .png()
      .toBuffer(),
  );
  await put(
    "deep.png",
    png16(4, 4, 1, () => [65_535]),
  );
  await put(
    "palette.png",
    paint(4, 4, 3, (y) => [y * 60, 2, 3])
      .png({ palette: true })
      .toBuffer(),
  );
  await put(
    "cmyk.jpg",
    paint(4, 4, 3, () => [1, 2, 3])
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer(),
  );
  await put(
    "turned.jpg",
    paint(4, 4, 3, () => [1, 2, 3])
      .withMetadata({ orientation: 3 })
      .jpeg()
      .toBuffer(),
  );
  const { imageShape, notes } = await loadDataset(folder, "train", { folder: null });
  expect(imageShape).toEqual([4, 4, 3]);
  expect(notes).toEqual([
    "1 picture turned by the EXIF orientation",
    "1 picture with a palette, made into colours",
    "1 picture in CMYK, converted to RGB",
    "1 picture of 16 bits, scaled to 8 (65535 becomes 255)",
    "1 picture with alpha, composited onto #ffffff (--background; --channels 4 keeps alpha)",
    "2 pictures of grey, made colour like the others",
  ]);
});

test("a summary says what loading gives, without decoding anything", async () => {
  const folder = await greyFolder();
  const images = { ...AS_THEY_ARE, size: [2, 6] as [number, number], channels: 3 as const };
  const { summary } = await summarizeDataset(folder, "train", { images });
  expect(summary).toMatchObject({
    count: 10,
    imageShape: [2, 6, 3],
    classes: 2,
    classNames: ["cats", "dogs"],
  });
  expect(await loadDataset(folder, "train", { folder: null, images })).toMatchObject(summary);
});

test("a summary of what was decoded before is the same, and has neither images nor labels", async () => {
  const folder = await greyFolder();
  const options = { folder: await temporaryFolder() };
  const before = await summarizeDataset(folder, "train", options);
  await loadDataset(folder, "train", options);
  const after = await summarizeDataset(folder, "train", options);
  expect(after).toEqual(before);
  expect(Object.keys(after.summary)).not.toContain("labels");
});

test("two folders of equal names and sizes are two data sets, whatever is done to their images", async () => {
  const cache = await temporaryFolder();
  const images = { ...AS_THEY_ARE, channels: 3 as const };
  const first = async (value: number): Promise<number> => {
    const folder = await temporaryFolder();
    const header = Buffer.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2);
    await writeFile(join(folder, "train-images-idx3-ubyte"), Buffer.concat([header, Buffer.alloc(2, value)]));
    return pixelsOf(await loadDataset(folder, "train", { folder: cache, images }))[0];
  };
  expect([await first(8), await first(9)]).toEqual([8, 9]);
});
