// IDX files: read as they are, refused with file, value and remedy when anything is off.
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadIdx, pixelsOf } from "../../../../support/load-source.ts";
import { idx as idxFormat } from "../../../../../shared/data/idx/idx.ts";
import { readIdxFile } from "../../../../../shared/data/idx/idx-file.ts";
import { GanglionError } from "../../../../../shared/errors.ts";
import { idx } from "../../../../support/idx-folder.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-idx-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, bytes: Uint8Array): Promise<void> => writeFile(join(folder, name), bytes);
/** Two grey images of 1 × 3. */
const IMAGES = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
const LABELS = idx([2], [7, 4]);

async function refusal(split: "train" | "test" = "train"): Promise<string> {
  const error: unknown = await loadIdx(folder, split).then(
    () => new Error("it was accepted"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GanglionError);
  expect(error).toMatchObject({ code: "DATA" });
  return (error as GanglionError).message;
}

describe("loadIdx reads", () => {
  test.each([
    ["plain", "train-images-idx3-ubyte", "train-labels-idx1-ubyte", false],
    ["plain with dots", "train-images.idx3-ubyte", "train-labels.idx1-ubyte", false],
    ["gzipped", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", true],
    ["gzipped, without a name that says so,", "train-images-idx3-ubyte", "train-labels-idx1-ubyte", true],
    ["plain, named .gz,", "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", false],
  ])("%s files", async (_, images, labels, zipped) => {
    await put(images, zipped ? gzipSync(IMAGES) : IMAGES);
    await put(labels, zipped ? gzipSync(LABELS) : LABELS);
    const set = await loadIdx(folder, "train");
    expect(set).toMatchObject({ name: folder, count: 2, imageShape: [1, 3, 1], classes: 2 });
    expect(set.classLabels).toEqual([4, 7]);
    expect([...pixelsOf(set)]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(set.labels ?? [])]).toEqual([7, 4]);
    expect(pixelsOf(set).buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(set.labels?.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("files gzipped twice over", async () => {
    for (const name of ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"]) {
      await put(name, gzipSync(gzipSync(IMAGES)));
      expect([...pixelsOf(await loadIdx(folder, "train"))]).toEqual([1, 2, 3, 4, 5, 6]);
      await rm(join(folder, name));
    }
  });

  test("the test split from t10k, colour images, and images without labels", async () => {
    await put("t10k-images-idx4-ubyte", idx([1, 1, 2, 3], [1, 2, 3, 4, 5, 6]));
    const set = await loadIdx(folder, "test");
    expect(set).toMatchObject({ count: 1, imageShape: [1, 2, 3], classes: 0, labels: null });
  });

  test("images of any size and number of channels", async () => {
    await put("train-images-idx4-ubyte", idx([2, 1, 3, 5], Array.from({ length: 30 }, (_, i) => i))); // prettier-ignore
    expect((await loadIdx(folder, "train")).imageShape).toEqual([1, 3, 5]);
  });

  test("equal bytes to equal fingerprints, plain or gzipped, and any change to another", async () => {
    const print = async (images: Buffer, labels: Buffer | null, ending = ""): Promise<string> => {
      await rm(folder, { recursive: true });
      await mkdir(folder);
      const pack = (bytes: Buffer): Buffer => (ending === "" ? bytes : gzipSync(bytes));
      await put(`train-images-idx3-ubyte${ending}`, pack(images));
      if (labels) await put(`train-labels-idx1-ubyte${ending}`, pack(labels));
      return (await loadIdx(folder, "train")).fingerprint;
    };
    const plain = await print(IMAGES, LABELS);
    expect(plain).toMatch(/^[0-9a-f]{64}$/);
    expect(await print(IMAGES, LABELS, ".gz")).toBe(plain);
    const others = [
      await print(idx([2, 1, 3], [1, 2, 3, 4, 5, 7]), LABELS),
      await print(idx([2, 3, 1], [1, 2, 3, 4, 5, 6]), LABELS),
      await print(IMAGES, idx([2], [7, 5])),
      await print(IMAGES, null),
    ];
    expect(new Set([plain, ...others]).size).toBe(5);
  });

  test("real MNIST", async (context) => {
    const mnist = join(import.meta.dirname, "../../../../../../shared/data/mnist");
    if (!existsSync(mnist)) {
      context.skip(`MNIST is not there: put its four files into ${mnist} for this test`);
    }
    const set = await loadIdx(mnist, "train");
    expect(set).toMatchObject({ count: 60_000, imageShape: [28, 28, 1], classes: 10 });
    // The first labels of MNIST's training set.
    expect([...(set.labels ?? [])].slice(0, 5)).toEqual([5, 0, 4, 1, 9]);
    expect((await loadIdx(mnist, "test")).count).toBe(10_000);
  });
});

describe("loadIdx refuses", () => {
  test("a folder that is missing, empty, or without the split's images", async () => {
    expect(await refusal()).toMatch(/is empty: put pictures there/);
    await put("train-images-idx3-ubyte", IMAGES);
    expect(await refusal("test")).toMatch(/has no test images: put t10k-images-idx3-ubyte/);
    for (const name of ["a.jpg", "b.jpg", "c.jpg"]) await put(name, IMAGES);
    expect(await refusal("test")).toMatch(/; it holds a\.jpg, b\.jpg, c\.jpg and 1 more$/);
    await rm(folder, { recursive: true });
    expect(await refusal()).toMatch(/cannot be read \(ENOENT/);
  });

  test("a single file, by what it is", async () => {
    for (const [name, content, message] of [
      [
        "train-images-idx3-ubyte.gz",
        gzipSync(IMAGES),
        `is an IDX file, and a data set is the folder that holds it and its labels: give ${folder}`,
      ],
      [
        "x.h5",
        Buffer.from("\x89HDF\r\n\x1a\n", "latin1"),
        "is an HDF5 file, and no data set: save its arrays for NumPy",
      ],
      [
        "a.png",
        Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
        "is a PNG picture, and no data set: give the folder of the pictures",
      ],
      [
        "page.gz",
        Buffer.from("<!DOCTYPE html>"),
        "is a web page (<!DOCTYPE html>), and no data set: download the file itself",
      ],
      [
        "data.bin",
        Buffer.from([1, 2, 3]),
        "is a file of no kind that is read, and a data set is a folder: give",
      ],
    ] as const) {
      await put(name, content);
      await expect(idxFormat.open(join(folder, name), "train", {})).rejects.toThrow(
        `${join(folder, name)} ${message}`,
      );
    }
  });

  test.each([
    [
      "a wrong magic number",
      Buffer.from("\x81\x02}q\0........", "latin1"),
      /begins with 0x81027d71 where 0x00000803/,
    ],
    [
      "floats",
      idx(
        [2, 1, 3],
        Array.from({ length: 24 }, () => 0),
        0x0d,
      ),
      /begins with 0x00000d03/,
    ],
    ["labels in place of images", LABELS, /begins with 0x00000801 .* dimensions is 3 or 4/],
    ["a zero-byte file", Buffer.alloc(0), /ends after 0 bytes, inside its header/],
    ["a header cut short", IMAGES.subarray(0, 10), /ends after 10 bytes, inside its header/],
    ["a trailing byte", Buffer.concat([IMAGES, Buffer.of(0)]), /goes on after its 2 × 1 × 3 = 6 bytes/],
    ["no images", idx([0, 28, 28], []), /is empty \(dimensions 0 × 28 × 28\)/],
    ["images without pixels", idx([5, 0, 28], []), /is empty \(dimensions 5 × 0 × 28\)/],
    [
      "overflowing dimensions",
      idx([65536, 65536, 65536], [1]),
      /claims 65536 × 65536 × 65536 bytes, more than 4 GiB/,
    ],
    ["dimensions that wrap around 2^64", idx([2 ** 31, 2 ** 31, 4, 1], [1]), /more than 4 GiB/],
  ])("%s, plain and gzipped", async (_, bytes, message) => {
    await put("train-images-idx3-ubyte", bytes);
    expect(await refusal()).toMatch(message);
    await rm(join(folder, "train-images-idx3-ubyte"));
    await put("train-images-idx3-ubyte.gz", gzipSync(bytes));
    expect(await refusal()).toMatch(message);
  });

  test("a truncated file, plain or inside gzip", async () => {
    await put("train-images-idx3-ubyte", IMAGES.subarray(0, -1));
    // 16 bytes of header and 5 of the 6 bytes of content.
    expect(await refusal()).toMatch(/ends after 5 of its 2 × 1 × 3 = 6 bytes/);
    await rm(join(folder, "train-images-idx3-ubyte"));
    await put("train-images-idx3-ubyte.gz", gzipSync(IMAGES.subarray(0, -1)));
    expect(await refusal()).toMatch(/ends after 5 of its 2 × 1 × 3 = 6 bytes/);
  });

  test("dimensions beyond the file, before it takes memory for them", async () => {
    await put("train-images-idx3-ubyte", idx([1000, 1000, 4000], [1, 2]));
    expect(await refusal()).toMatch(/claims 1000 × 1000 × 4000 bytes, more than the file can hold/);
    await rm(join(folder, "train-images-idx3-ubyte"));
    await put("train-images-idx3-ubyte.gz", gzipSync(idx([1000, 1000, 4000], [1, 2])));
    expect(await refusal()).toMatch(/claims 1000 × 1000 × 4000 bytes, more than the file can hold/);
  });

  test("a gzip bomb, after the bytes that its header announces", async () => {
    // 64 MiB of zeros in 64 KiB, behind a header that speaks of 6 bytes.
    await put("train-images-idx3-ubyte.gz", gzipSync(Buffer.concat([IMAGES, Buffer.alloc(2 ** 26)])));
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal()).toMatch(/goes on after its 2 × 1 × 3 = 6 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 24);
  });

  test("a gzip file that is cut short or followed by other bytes, once or twice gzipped", async () => {
    const whole = gzipSync(IMAGES);
    const bad = [whole.subarray(0, -6), Buffer.concat([whole, Buffer.from("more")])];
    for (const bytes of [...bad, ...bad.map((once) => gzipSync(once))]) {
      await put("train-images-idx3-ubyte.gz", bytes);
      expect(await refusal()).toMatch(
        /train-images-idx3-ubyte.gz cannot be read \(.+\): is it a whole gzip file/,
      );
    }
  });

  test("what is gzipped four times over", async () => {
    const bytes = [1, 2, 3, 4].reduce((content: Buffer) => gzipSync(content), IMAGES);
    await put("train-images-idx3-ubyte.gz", bytes);
    expect(await refusal()).toMatch(
      /train-images-idx3-ubyte.gz is gzipped more than 3 times over: unpack it/,
    );
  });

  test("what cannot be read at all, with the system's reason", async () => {
    const missing = readIdxFile(join(folder, "missing"), [3]);
    await expect(missing).rejects.toMatchObject({ code: "DATA", message: expect.stringMatching(/ENOENT/) });
    await mkdir(join(folder, "folder.gz"));
    for (const path of [folder, join(folder, "folder.gz")]) {
      const unreadable = readIdxFile(path, [3]);
      await expect(unreadable).rejects.toMatchObject({
        code: "DATA",
        message: expect.stringMatching(/EISDIR/),
      });
    }
  });

  test("labels of another count or kind", async () => {
    await put("train-images-idx3-ubyte", IMAGES);
    await put("train-labels-idx1-ubyte", idx([3], [1, 2, 3]));
    expect(await refusal()).toMatch(/has 3 labels but .*train-images-idx3-ubyte has 2 images/);
    await put("train-labels-idx1-ubyte", IMAGES);
    expect(await refusal()).toMatch(/train-labels-idx1-ubyte begins with 0x00000803/);
  });

  test("a link out of the folder, a dangling link, and a folder in place of the file", async () => {
    const outside = await mkdtemp(join(tmpdir(), "ganglion-outside-"));
    await writeFile(join(outside, "images"), IMAGES);
    const name = join(folder, "train-images-idx3-ubyte");
    await symlink(join(outside, "images"), name);
    expect(await refusal()).toMatch(/is a link to .* outside of its folder: copy the file/);
    await rm(outside, { recursive: true });
    expect(await refusal()).toMatch(/cannot be opened \(ENOENT/);
    await rm(name);
    await mkdir(name);
    expect(await refusal()).toMatch(/is not a regular file/);
  });
});
