// NumPy's arrays as a data set: types, ranges, layouts, names, and what is refused.
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Split } from "../../../../../shared/data/dataset.ts";
import { numpy } from "../../../../../shared/data/numpy/numpy.ts";
import type { ImageSource } from "../../../../../shared/data/source.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { float32, npy, writeNpz } from "../../../../support/numpy-files.ts";

const open = (path: string, split: Split = "train"): Promise<ImageSource> => numpy.open(path, split, {});

async function pixelsOf({ content }: ImageSource): Promise<number[]> {
  if (content.kind !== "pixels") throw new Error(`these are ${content.kind}`);
  const pixels: number[] = [];
  for await (const piece of content.pixels()) pixels.push(...piece);
  expect(pixels).toHaveLength(
    content.count * content.imageShape.reduce((product, size) => product * size, 1),
  );
  return pixels;
}

async function fileOf(content: Buffer, name = "images.npy"): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, content);
  return file;
}

const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

test("an array of bytes is taken as it is, with one channel or several", async () => {
  const grey = await open(await fileOf(npy("|u1", [2, 3, 2], range(12))));
  expect(grey).toMatchObject({ labels: null, notes: [], content: { count: 2, imageShape: [3, 2, 1] } });
  expect(await pixelsOf(grey)).toEqual(range(12));
  const colour = await open(await fileOf(npy("|u1", [1, 2, 2, 3], range(12))));
  expect(colour.content).toMatchObject({ count: 1, imageShape: [2, 2, 3] });
  expect(await pixelsOf(colour)).toEqual(range(12));
});

test("channels that stand first are turned to the end, and the start says so", async () => {
  // [1, 3, 1, 2]: red 0 1, green 2 3, blue 4 5
  const source = await open(await fileOf(npy("|u1", [1, 3, 1, 2], range(6))));
  expect(source.content).toMatchObject({ imageShape: [1, 2, 3] });
  expect(source.notes).toEqual(["images has its channels first, [N, C, H, W]: they are turned"]);
  expect(await pixelsOf(source)).toEqual([0, 2, 4, 1, 3, 5]);
  await expect(open(await fileOf(npy("|u1", [1, 3, 2, 3], range(18))))).rejects.toThrow(
    /\[1, 3, 2, 3\], in which the first and the last dimension of an image may be its channels/,
  );
});

/** [1, 3, 2]: three values, each twice. */
const twice = <T>(values: readonly T[]): T[] => values.flatMap((value) => [value, value]);

test.for([
  [[0, 0.5, 1], "0 to 1", "0 … 1", [0, 128, 255]],
  [[-1, 0, 1], "-1 to 1", "-1 … 1", [0, 128, 255]],
  [[0, 127.6, 255], "0 to 255", "0 … 255", [0, 128, 255]],
  [[0.25, 0.5, 1.00005], "0.25 to 1.00005", "0 … 1", [64, 128, 255]], // rounding moved it over the edge
] as const)(
  "floats %j are scaled from the range that they have, which is told",
  async ([values, found, taken, bytes]) => {
    for (const isLittle of [true, false]) {
      const content = float32(twice(values), isLittle);
      const source = await open(await fileOf(npy(isLittle ? "<f4" : ">f4", [1, 3, 2], content)));
      expect(source.notes).toEqual([
        `the values of images go from ${found}: taken as ${taken}, black to white`,
      ]);
      expect(await pixelsOf(source)).toEqual(twice(bytes));
    }
  },
);

test("half and double precision, and whole numbers of any width, are read by their values", async () => {
  const content = <T>(
    size: number,
    values: readonly T[],
    write: (to: Buffer, value: T, at: number) => void,
  ) => {
    const bytes = Buffer.alloc(size * 6);
    twice(values).forEach((value, i) => write(bytes, value, i * size));
    return bytes;
  };
  for (const [type, bytes] of [
    ["<f2", content(2, [0x0000, 0x3800, 0x3c00], (to, bits, at) => to.writeUInt16LE(bits, at))], // 0, 0.5, 1
    [">f8", content(8, [0, 0.5, 1], (to, value, at) => to.writeDoubleBE(value, at))],
    ["<i8", content(8, [0n, 128n, 255n], (to, value, at) => to.writeBigInt64LE(value, at))],
    [">i2", content(2, [0, 128, 255], (to, value, at) => to.writeInt16BE(value, at))],
    ["<u2", content(2, [0, 32_896, 65_535], (to, value, at) => to.writeUInt16LE(value, at))], // 128 · 257
  ] as const) {
    const source = await open(await fileOf(npy(type, [1, 3, 2], bytes)));
    expect(await pixelsOf(source), type).toEqual(twice([0, 128, 255]));
    expect(source.notes, type).toHaveLength(1);
  }
  const bits = await open(await fileOf(npy("|b1", [1, 1, 2], [0, 1])));
  expect(bits.notes).toEqual(["false and true are black and white"]);
  expect(await pixelsOf(bits)).toEqual([0, 255]);
});

test("what both splits have decides the range, so that one scale holds for both", async () => {
  const file = join(await temporaryFolder(), "both.npz");
  await writeNpz(file, {
    x_train: npy("<f4", [1, 1, 2], float32([-1, 1])),
    x_test: npy("<f4", [1, 1, 2], float32([0, 1])),
  });
  expect(await pixelsOf(await open(file, "test"))).toEqual([128, 255]);
});

test.for([false, true])("an archive as Keras' mnist.npz is read, deflated: %s", async (deflated) => {
  const file = join(await temporaryFolder(), "download");
  await writeNpz(
    file,
    {
      x_test: npy("|u1", [1, 2, 2], [9, 8, 7, 6]),
      x_train: npy("|u1", [2, 2, 2], range(8)),
      y_train: npy("|u1", [2], [5, 0]),
      y_test: npy("<i8", [1, 1], [7, 0, 0, 0, 0, 0, 0, 0]),
    },
    { deflated },
  );
  expect(await numpy.recognizes(file)).toBe(true);
  const train = await open(file);
  expect(train.labels).toEqual(Uint8Array.of(5, 0));
  expect(await pixelsOf(train)).toEqual(range(8));
  expect(await pixelsOf(train)).toEqual(range(8)); // again with each call
  const measured = await open(file, "test");
  expect(measured.labels).toEqual(Uint8Array.of(7));
  expect(await pixelsOf(measured)).toEqual([9, 8, 7, 6]);
});

test.for([
  { images: "images", labels: "labels" },
  { images: "arr_0", labels: "arr_1" },
  { images: "train_images", labels: "train_labels" },
  { images: "X_train", labels: "Y_train" },
  { images: "trainImages", labels: "trainLabels" },
  { images: "data", labels: "target" },
])("$images and $labels belong together", async ({ images, labels }) => {
  const file = join(await temporaryFolder(), "a.npz");
  await writeNpz(file, {
    [images]: npy("|u1", [2, 1, 2], range(4)),
    [labels]: npy("|u1", [2], [3, 4]),
  });
  const source = await open(file);
  expect(source.labels).toEqual(Uint8Array.of(3, 4));
  expect(await pixelsOf(source)).toEqual(range(4));
});

test("a folder of arrays is one data set, each file an array or an archive of one", async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "x_test.npy"), npy("|u1", [1, 1, 2], [8, 9]));
  await writeNpz(join(folder, "kmnist-train-imgs.npz"), { arr_0: npy("|u1", [2, 1, 2], range(4)) });
  await writeNpz(join(folder, "kmnist-train-labels.npz"), { arr_0: npy("|u1", [2], [1, 0]) });
  expect(await numpy.recognizes(folder)).toBe(true);
  const train = await open(folder);
  expect(train.labels).toEqual(Uint8Array.of(1, 0));
  expect(await pixelsOf(train)).toEqual(range(4));
  expect(await pixelsOf(await open(folder, "test"))).toEqual([8, 9]);
});

test("archives of a folder may be the splits, with the same names in each", async () => {
  const folder = await temporaryFolder();
  for (const [name, value] of [
    ["train", 1],
    ["test", 2],
  ] as const)
    await writeNpz(join(folder, `${name}.npz`), {
      images: npy("|u1", [1, 1, 2], [value, value]),
      labels: npy("|u1", [1], [value]),
    });
  expect(await pixelsOf(await open(folder))).toEqual([1, 1]);
  const measured = await open(folder, "test");
  expect(await pixelsOf(measured)).toEqual([2, 2]);
  expect(measured.labels).toEqual(Uint8Array.of(2));
});

test("a file of images takes the labels and the test split that lie beside it", async () => {
  const folder = await temporaryFolder();
  const write = async (name: string, content: Buffer): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const plain = await write("faces.npy", npy("|u1", [2, 1, 2], range(4)));
  await write("labels.npy", npy("|u1", [2], [1, 0]));
  await write("other.npy", npy("|u1", [3, 1, 2], range(6)));
  const source = await open(plain);
  expect(source.labels).toEqual(Uint8Array.of(1, 0));
  expect(source.notes).toEqual(["the labels are those of labels.npy beside it"]);
  expect((await open(join(folder, "other.npy"))).labels).toBeNull(); // not as many
  await write("faces_labels.npy", npy("|u1", [2], [5, 6]));
  expect((await open(plain)).labels).toEqual(Uint8Array.of(5, 6));
  const train = await write("x_train.npy", npy("|u1", [1, 1, 2], [1, 2]));
  const measured = await write("x_test.npy", npy("|u1", [1, 1, 2], [3, 4]));
  await write("y_train.npy", npy("|u1", [1], [6]));
  await write("y_test.npy", npy("|u1", [1], [7]));
  expect((await open(train)).labels).toEqual(Uint8Array.of(6));
  expect(await pixelsOf(await open(train, "test"))).toEqual([3, 4]);
  expect((await open(train, "test")).labels).toEqual(Uint8Array.of(7));
  expect((await open(measured)).labels).toEqual(Uint8Array.of(7)); // what is named is trained on
});

test("rows with a single 1 are labels too, and other rows are not", async () => {
  const file = join(await temporaryFolder(), "a.npz");
  const write = (rows: readonly number[]): Promise<string> =>
    writeNpz(file, { x: npy("|u1", [2, 1, 2], range(4)), y: npy("<f4", [2, 3], float32(rows)) });
  await write([0, 0, 1, 1, 0, 0]);
  const source = await open(file);
  expect(source.labels).toEqual(Uint8Array.of(2, 0));
  expect(source.notes).toEqual(["the labels are rows of 3 with a single 1 each, whose place is the label"]);
  await write([0, 0, 1, 1, 1, 0]);
  await expect(open(file)).rejects.toThrow(/y in .* has 3 numbers for image 1, and not a single 1 among 0s/);
});

test.for<[string, Buffer, RegExp]>([
  ["objects", npy("|O", [2, 1, 2], [0x80, 4]), /pickled Python objects, which could run anything/],
  ["texts", npy("<U3", [1, 1, 2], Buffer.alloc(24)), /elements of type U3, which are no pixels/],
  [
    "Fortran order",
    npy("|u1", [2, 2, 2], range(8), { isFortran: true }),
    /in Fortran order.*ascontiguousarray/,
  ],
  ["flat images", npy("|u1", [2, 784], Buffer.alloc(1568)), /\[2, 784\].*save array\.reshape\(2, H, W\)/],
  ["one picture", npy("|u1", [4, 5, 3], Buffer.alloc(60)), /may be one picture \[H, W, C\] or many/],
  ["two channels", npy("|u1", [1, 5, 6, 2], Buffer.alloc(60)), /without a dimension of 1, 3 or 4 channels/],
  [
    "NaN",
    npy("<f4", [2, 2, 2], float32([0, 0, 0, 0, 0, 0, Number.NaN, 0])),
    /has the value NaN at \[1, 1, 0\]/,
  ],
  [
    "far numbers",
    npy("<f4", [1, 1, 2], float32([-5, 300])),
    /go from -5 to 300 .*which is none of the ranges/,
  ],
  ["negative numbers", npy("|i1", [1, 1, 2], [255, 3]), /go from -1 to 3 .*\(0 … 255\)/],
  [
    "too few bytes",
    npy("|u1", [2, 2, 2], range(7)),
    /has 7 bytes after its header, .* are 8: it is truncated/,
  ],
  [
    "too many bytes",
    npy("|u1", [2, 2, 2], range(9)),
    /has 9 bytes after its header, .* are 8: it is damaged/,
  ],
  ["no images", npy("|u1", [0, 2, 2], []), /which holds nothing/],
])("%s are refused with the reason and a remedy", async ([, content, reason]) => {
  await expect(open(await fileOf(content))).rejects.toMatchObject({
    code: "DATA",
    message: expect.stringMatching(reason) as string,
  });
});

test("labels that do not belong to the images, missing splits and several images are refused", async () => {
  const folder = await temporaryFolder();
  const write = async (arrays: Readonly<Record<string, Buffer>>): Promise<string> =>
    writeNpz(join(folder, "a.npz"), arrays);
  const x = npy("|u1", [2, 1, 2], range(4));
  await expect(open(await write({ x, y: npy("|u1", [3], range(3)) }))).rejects.toThrow(
    /y in .*a\.npz has the shape \[3\] and x in .* has 2 images/,
  );
  await expect(open(await write({ x, y: npy("<f4", [2], float32([0.5, 1])) }))).rejects.toThrow(
    /has the label 0\.5 at image 0/,
  );
  await expect(open(await write({ x, y: npy("<U5", [2], Buffer.alloc(40)) }))).rejects.toThrow(
    /labels that are texts \(U5\): save numbers, such as np\.unique/,
  );
  await expect(open(await write({ x }), "test")).rejects.toThrow(
    /has no test images.*it holds x \[2, 1, 2\]/,
  );
  await expect(open(await write({ images: x, imgs: x }))).rejects.toThrow(
    /several arrays of train images \(images, imgs\)/,
  );
});

test("a damaged archive is told in one sentence", async () => {
  const file = join(await temporaryFolder(), "a.npz");
  await writeNpz(file, { x: npy("|u1", [64, 32, 32], Buffer.alloc(65_536, 7)) }, { deflated: true });
  const source = await open(file);
  await truncate(file, 100);
  await expect(pixelsOf(source)).rejects.toThrow(
    /x in .*a\.npz cannot be read \(.*\): save or copy the file again/,
  );
  expect(await numpy.recognizes(file)).toBe(false);
});

test("it is recognized by its first bytes; pictures, IDX files and other archives come before it", async () => {
  const folder = await temporaryFolder();
  const array = npy("|u1", [2, 1, 2], range(4));
  await writeFile(join(folder, "images.bin"), array);
  expect(await numpy.recognizes(join(folder, "images.bin"))).toBe(true);
  await writeNpz(join(folder, "mixed.zip"), { a: array, "cat.jpg": Buffer.from("x") });
  expect(await numpy.recognizes(join(folder, "mixed.zip"))).toBe(false);
  expect(await numpy.recognizes(folder)).toBe(false); // no name of arrays
  await writeFile(join(folder, "fake.npy"), "text");
  expect(await numpy.recognizes(folder)).toBe(false);
  await writeFile(join(folder, "x.npy"), array);
  expect(await numpy.recognizes(folder)).toBe(true);
  for (const other of ["1.png", "train-images-idx3-ubyte"]) {
    const beside = join(folder, other.replace(".", ""));
    await mkdir(beside);
    await writeFile(join(beside, other), "");
    await writeFile(join(beside, "x.npy"), array);
    expect(await numpy.recognizes(beside)).toBe(false);
  }
});
