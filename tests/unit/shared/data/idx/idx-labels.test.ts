// The labels beside IDX images: which file they are in, and that none is passed over in silence.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Dataset, Split } from "../../../../../shared/data/dataset.ts";
import { loadIdx } from "../../../../support/load-source.ts";
import { GanglionError } from "../../../../../shared/errors.ts";
import { idx, int32 } from "../../../../support/idx-folder.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-labels-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Three grey images of 1 × 2. */
const IMAGES = idx([3, 1, 2], [1, 2, 3, 4, 5, 6]);
const LABELS = idx([3], [9, 2, 9]);
/** QMNIST's rows: the class, then seven numbers about the writer. */
const QMNIST = idx([3, 8], int32([9, 2, 9].flatMap((label) => [label, 0, 2591, 5, 345, 53, 0, 0])), 12);

type Files = Readonly<Record<string, Buffer>>;

async function load(files: Files, split: Split = "train"): Promise<Dataset> {
  await rm(folder, { recursive: true });
  await mkdir(folder);
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  return loadIdx(folder, split);
}

async function refusal(files: Files): Promise<string> {
  const error: unknown = await load(files).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GanglionError);
  expect(error).toMatchObject({ code: "DATA" });
  return (error as GanglionError).message;
}

describe("labels are read", () => {
  test.each<[string, Files]>([
    ["MNIST's", { "train-labels-idx1-ubyte": LABELS }],
    ["MNIST's in capitals", { "Train-Labels-IDX1-ubyte": LABELS }],
    ["in capitals, gzipped", { "TRAIN-LABELS-IDX1-UBYTE.GZ": gzipSync(LABELS) }],
    ["of a label", { "train-label-idx1-ubyte": LABELS }],
    ["with underscores", { train_labels_idx1_ubyte: LABELS }],
    ["with a dot and no type", { "train-labels.idx1": LABELS }],
    ["QMNIST's", { "train-labels-idx2-int": QMNIST }],
    [
      "of the same labels twice, one gzipped",
      { "train-labels-idx1-ubyte": LABELS, "train-labels-idx1-ubyte.gz": gzipSync(LABELS) },
    ],
    ["of bytes in one column", { "train-labels-idx2-ubyte": idx([3, 1], [9, 2, 9]) }],
    ["of signed bytes", { "train-labels-idx1-byte": idx([3], [9, 2, 9], 9) }],
    ["of 2-byte numbers", { "train-labels-idx1-short": idx([3], [0, 9, 0, 2, 0, 9], 11) }],
    ["of 4-byte numbers", { "train-labels-idx1-int": idx([3], int32([9, 2, 9]), 12) }],
  ])("from a file with the name or the numbers %s", async (_, files) => {
    const images = { "train-images-idx3-ubyte": IMAGES };
    const set = await load({ ...images, ...files });
    expect(set).toMatchObject({ classes: 2, classLabels: [2, 9], warnings: [] });
    expect([...set.labels!]).toEqual([9, 2, 9]);
    // The labels decide, not how wide they are stored.
    expect(set.fingerprint).toBe((await load({ ...images, "train-labels-idx1-ubyte": LABELS })).fingerprint);
  });

  test("from EMNIST's and QMNIST's names, each with the images of the same beginning", async () => {
    const emnist = {
      "emnist-letters-train-images-idx3-ubyte.gz": gzipSync(IMAGES),
      "emnist-letters-train-labels-idx1-ubyte.gz": gzipSync(LABELS),
      "emnist-letters-test-images-idx3-ubyte.gz": gzipSync(idx([1, 1, 2], [7, 8])),
      "emnist-letters-test-labels-idx1-ubyte.gz": gzipSync(idx([1], [2])),
    };
    expect(await load(emnist)).toMatchObject({ count: 3, classLabels: [2, 9], warnings: [] });
    expect(await load(emnist, "test")).toMatchObject({ count: 1, classLabels: [2], warnings: [] });
    const qmnist = { "qmnist-train-images-idx3-ubyte": IMAGES, "qmnist-train-labels-idx2-int": QMNIST };
    expect(await load(qmnist)).toMatchObject({ classLabels: [2, 9], warnings: [] });
  });

  test("when they do not fit in a byte", async () => {
    const set = await load({
      "train-images-idx3-ubyte": IMAGES,
      "train-labels-idx1-int": idx([3], int32([70_000, 0, 300]), 12),
    });
    expect([...set.labels!]).toEqual([70_000, 0, 300]);
    expect(set.classLabels).toEqual([0, 300, 70_000]);
    expect(set.labels!.buffer).toBeInstanceOf(SharedArrayBuffer);
  });
});

describe("what looks like labels and is not read is named, with what to do", () => {
  const RENAME = /rename it to train-labels-idx1-ubyte if/;
  test.each<[string, Buffer, RegExp]>([
    ["emnist-letters-train-labels-idx1-ubyte", LABELS, RENAME],
    ["train-lables-idx1-ubyte", LABELS, RENAME],
    ["train-labels-idx1-ubyte (1).gz", gzipSync(LABELS), RENAME],
    ["train-labels.bin", LABELS, RENAME],
    ["y", LABELS, RENAME],
    ["classes.gz", gzipSync(QMNIST), RENAME],
    [
      "labels.csv",
      Buffer.from("9,2,9\n"),
      /only IDX files of whole numbers are, under the name train-labels-/,
    ],
    ["train_labels.npy", Buffer.from("\x93NUMPY"), /only IDX files of whole numbers are/],
    ["train-labels-idx1-ubyte.xz", Buffer.from("\xfd7zXZ\0", "latin1"), /only IDX files/],
    ["train-targets.pt", Buffer.alloc(0), /only IDX files/],
  ])("%s", async (name, bytes, remedy) => {
    const set = await load({ "train-images-idx3-ubyte": IMAGES, [name]: bytes });
    expect(set).toMatchObject({ classes: 0, labels: null });
    expect(set.warnings).toHaveLength(1);
    expect(set.warnings[0]).toContain(`${join(folder, name)} looks like train labels and is not read`);
    expect(set.warnings[0]).toMatch(remedy);
  });

  test("a folder of labels", async () => {
    await load({ "train-images-idx3-ubyte": IMAGES });
    await mkdir(join(folder, "labels"));
    expect((await loadIdx(folder, "train")).warnings).toHaveLength(1);
  });

  test("by a name that goes with the images'", async () => {
    const names = ["train-images.idx3-ubyte", "emnist-letters-train-images-idx3-ubyte.gz"];
    const wanted = ["train-labels.idx1-ubyte", "emnist-letters-train-labels-idx1-ubyte"];
    for (const [i, name] of names.entries()) {
      const { warnings } = await load({ [name]: IMAGES, "train-lables": LABELS });
      expect(warnings[0]).toContain(`rename it to ${wanted[i]} if`);
    }
  });

  test("of the split that is loaded, and of no other", async () => {
    const files = {
      "train-images-idx3-ubyte": IMAGES,
      "t10k-images-idx3-ubyte": IMAGES,
      "t10k-lables-idx1-ubyte": LABELS,
      "t10k-labels.csv": Buffer.from("9"),
      "readme.txt": Buffer.from("images of clothes"),
    };
    expect((await load(files)).warnings).toEqual([]);
    expect((await load(files, "test")).warnings).toHaveLength(2);
  });

  test("and what is neither by name nor by content is not", async () => {
    const other = {
      "readme.txt": Buffer.from("9 2 9"),
      "four.idx": idx([4], [1, 2, 3, 4]), // there are 3 images
      "t10k-labels-idx1-ubyte": LABELS,
    };
    expect((await load({ "train-images-idx3-ubyte": IMAGES, ...other })).warnings).toEqual([]);
  });

  test("also where other labels are read, when it is IDX of the same split", async () => {
    const { classes, warnings } = await load({
      "train-images-idx3-ubyte": IMAGES,
      "train-labels-idx1-ubyte": LABELS,
      "emnist-letters-train-images-idx3-ubyte": IMAGES,
      "emnist-letters-train-labels-idx1-ubyte": idx([3], [1, 1, 1]),
    });
    expect(classes).toBe(2);
    expect(warnings).toEqual([
      expect.stringContaining(
        "emnist-letters-train-images-idx3-ubyte looks like train images and is not read",
      ),
      expect.stringContaining(
        "emnist-letters-train-labels-idx1-ubyte looks like train labels and is not read",
      ),
    ]);
  });
});

describe("nothing is guessed: the files are named where", () => {
  test.each<[string, Files, RegExp]>([
    [
      "images are there in idx3 and idx4",
      { "train-images-idx3-ubyte": IMAGES, "train-images-idx4-ubyte": idx([3, 1, 2, 1], [1, 2, 3, 4, 5, 6]) },
      /several files of train images that differ: train-images-idx3-ubyte and train-images-idx4-ubyte; leave one/,
    ],
    [
      "a gzipped file is another than the plain one",
      {
        "train-images-idx3-ubyte": IMAGES,
        "train-images-idx3-ubyte.gz": gzipSync(idx([3, 1, 2], [0, 0, 0, 0, 0, 0])),
      },
      /train-images-idx3-ubyte and train-images-idx3-ubyte\.gz/,
    ],
    [
      "labels are there twice",
      {
        "train-images-idx3-ubyte": IMAGES,
        "train-labels-idx1-ubyte": LABELS,
        "Train-Labels-IDX1-ubyte": idx([3], [1, 2, 3]),
      },
      /several files of train labels that differ: Train-Labels-IDX1-ubyte and train-labels-idx1-ubyte/,
    ],
    [
      "labels are there as bytes and as QMNIST's rows",
      {
        "train-images-idx3-ubyte": IMAGES,
        "train-labels-idx1-ubyte": LABELS,
        "train-labels-idx2-int": QMNIST,
      },
      /train labels that differ: train-labels-idx2-int and train-labels-idx1-ubyte/,
    ],
    [
      "images of several data sets are there",
      Object.fromEntries(
        ["a", "b", "c", "d", "e"].map((set) => [`emnist-${set}-train-images-idx3-ubyte`, IMAGES]),
      ),
      /several files of train images: emnist-a-train-images-idx3-ubyte, emnist-b-.*, emnist-c-.* and 2 more; leave one there/,
    ],
  ])("%s", async (_, files, message) => {
    expect(await refusal(files)).toMatch(message);
  });

  test("but the same bytes, plain and gzipped, are one file", async () => {
    const set = await load({
      "train-images-idx3-ubyte": IMAGES,
      "train-images-idx3-ubyte.gz": gzipSync(IMAGES),
    });
    expect(set).toMatchObject({ count: 3, warnings: [] });
  });

  test("and a folder of the file's name, as some archives unpack it, is not taken for the file", async () => {
    await load({ "train-images.idx3-ubyte": IMAGES, "train-labels.idx1-ubyte": LABELS });
    await mkdir(join(folder, "train-images-idx3-ubyte"));
    await mkdir(join(folder, "train-labels-idx1-ubyte"));
    expect(await loadIdx(folder, "train")).toMatchObject({ count: 3, classes: 2 });
  });
});

test.each<[string, Buffer, RegExp]>([
  ["as many as images", idx([2], [1, 2]), /has 2 labels but .* has 3 images/],
  ["one a row", idx([3, 10], new Uint8Array(30)), /has 10 numbers for each image: give one label an image/],
  ["one a row of 4 bytes", idx([3, 2], int32([0, 1, 0, 1, 0, 1]), 12), /has 2 numbers for each image/],
  ["from 0 upwards", idx([3], int32([0, -1, 1]), 12), /has the label -1: give labels from 0/],
  [
    "whole numbers",
    idx([3], new Uint8Array(12), 13),
    /begins with 0x00000d01 .* whole numbers of at most 4 bytes/,
  ],
  ["all there", idx([3], int32([1, 2, 3]).subarray(1), 12), /ends after 11 of its 3 × 4 = 12 bytes/],
])("labels must be %s", async (_, labels, message) => {
  expect(await refusal({ "train-images-idx3-ubyte": IMAGES, "train-labels-idx1-ubyte": labels })).toMatch(
    message,
  );
});
