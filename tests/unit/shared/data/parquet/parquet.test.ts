// Parquet data sets, on small files that pyarrow wrote (tests/fixtures/parquet/make.py).
import { cp, mkdir, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FORMATS } from "../../../../../shared/data/formats.ts";
import { parquet } from "../../../../../shared/data/parquet/parquet.ts";
import type { ImageSource } from "../../../../../shared/data/source.ts";
import type { Split } from "../../../../../shared/data/dataset.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const FIXTURES = join(import.meta.dirname, "../../../../fixtures/parquet");

const fixture = (name: string): string => join(FIXTURES, `${name}.parquet`);
const open = (path: string, split: Split = "train"): Promise<ImageSource> => parquet.open(path, split, {});

interface Taken {
  readonly index: number;
  readonly name: string;
  readonly bytes: Uint8Array;
}

async function picturesOf({ content }: ImageSource): Promise<Taken[]> {
  if (content.kind !== "pictures") throw new Error(`these are ${content.kind}`);
  const taken: Taken[] = [];
  for await (const picture of content.pictures()) {
    const { index, name } = picture;
    taken.push({ index, name, bytes: Uint8Array.from(await picture.bytes()) });
  }
  expect(taken.map(({ index }) => index)).toEqual(taken.map((_, i) => i));
  expect(taken).toHaveLength(content.count);
  return taken;
}

/** The value in the pixels of the fixtures' pictures, whose CRC is right only where all of their bytes are. */
const isPng = ({ bytes }: Taken): boolean => Buffer.from(bytes).toString("latin1").startsWith("\x89PNG");

test.for(["none", "snappy", "gzip", "brotli", "zstd", "lz4", "pages-v2"])(
  "a file with %s compression gives its pictures and classes in the order of its rows",
  async (codec) => {
    const source = await open(fixture(codec));
    expect(source.labels).toEqual(Uint8Array.of(2, 0, 1, 0, 2));
    expect(source.classNames).toEqual(["cat", "dog", "eel"]);
    expect(source.notes).toEqual([]);
    const pictures = await picturesOf(source);
    expect(pictures.map(({ name }) => name)).toEqual(
      [0, 1, 2, 3, 4].map((i) => `${codec}.parquet row ${i} (${i}.png)`),
    );
    expect(pictures).toEqual(
      (await picturesOf(await open(fixture("none")))).map((one, i) => ({ ...one, name: pictures[i].name })),
    );
    expect(pictures.every(isPng)).toBe(true);
    expect(await picturesOf(source)).toEqual(pictures); // again with each call
  },
);

test("a row group of many pages is read over their borders, with its dictionary and after it", async () => {
  const source = await open(fixture("many-pages"));
  const pictures = await picturesOf(source);
  const all = Array.from({ length: 300 }, (_, i) => i % 7);
  expect([...source.labels!]).toEqual(all);
  expect(pictures.map(({ name }) => name)).toEqual(
    all.map((v, i) => `many-pages.parquet row ${i} (${v}.png)`),
  );
  expect(pictures.map(({ bytes }) => bytes)).toEqual(all.map((value) => pictures[value].bytes));
});

test("a column of bytes is one of pictures, and an empty row is an empty picture", async () => {
  const source = await open(fixture("binary"));
  expect(source.labels).toBeNull();
  expect(source.notes).toEqual(["no column of labels among id, photo: no labels"]);
  expect((await picturesOf(source)).map(({ bytes }) => bytes.length > 0)).toEqual([true, false, true]);
});

test("of several columns of labels the one that is read is named", async () => {
  const source = await open(fixture("several-labels"));
  expect(source.labels).toEqual(Uint8Array.of(1, 0));
  expect(source.classNames).toEqual(["oak", "rose"]);
  expect(source.notes).toEqual(["the labels are the column fine_label; not read: coarse_label"]);
});

test("labels that are texts are classes in the order of their code points", async () => {
  const source = await open(fixture("texts"));
  expect(source.classNames).toEqual(["bun", "éclair"]);
  expect(source.labels).toEqual(Uint8Array.of(1, 0, 0));
});

test("a split whose every label is missing has none, and one with some is refused", async () => {
  const source = await open(fixture("missing-labels"));
  expect(source.labels).toBeNull();
  expect(source.notes).toEqual(["every label is missing: no labels"]);
  await expect(open(fixture("some-labels"))).rejects.toThrow(
    /some-labels.parquet row 1 has no label, and other rows/,
  );
});

test("a folder's splits are told by its files' names, which are read in their order", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "data"));
  await cp(fixture("texts"), join(folder, "data/train-00001-of-00002.parquet"));
  await cp(fixture("snappy"), join(folder, "data/validation-00000-of-00001.parquet"));
  await cp(fixture("texts"), join(folder, "data/train-00000-of-00002.parquet"));
  await writeFile(join(folder, "README.md"), "# a card");
  const train = await open(folder);
  expect((await picturesOf(train)).map(({ name }) => name)).toEqual(
    [0, 1].flatMap((file) =>
      [0, 1, 2].map((row) => `data/train-0000${file}-of-00002.parquet row ${row} (${row}.png)`),
    ),
  );
  const measured = await open(folder, "test");
  expect(measured.content.count).toBe(5);
  expect(measured.notes).toEqual([`${folder} has no test split: its validation split is taken instead`]);
  await cp(fixture("binary"), join(folder, "data/test-00000-of-00001.parquet"));
  expect((await open(folder, "test")).content.count).toBe(3);
});

test("files whose names say nothing are the train split, and there is no other", async () => {
  const folder = await temporaryFolder();
  for (const name of ["b", "a"]) await cp(fixture("binary"), join(folder, `${name}.parquet`));
  const { content } = await open(folder);
  expect(content.count).toBe(6);
  await expect(open(folder, "test")).rejects.toThrow(/has no test split: .* it holds a.parquet, b.parquet/);
});

test.for([
  ["only-paths", /holds only the name of the picture in row 0 \(a\/0\.png\), not its bytes/],
  [
    "arrays",
    /pixels as a list of numbers in its column image.* its columns are image \(list\), label \(int64\)/,
  ],
  ["table", /no column of pictures.* its columns are id \(int64\), text \(string\), score \(double\)/],
] as const)("%s.parquet is refused with its reason", async ([name, reason]) => {
  await expect(open(fixture(name))).rejects.toMatchObject({
    code: "DATA",
    message: expect.stringMatching(reason) as string,
  });
});

test("a damaged file is told in one sentence, wherever it breaks", async () => {
  const folder = await temporaryFolder();
  const whole = await readFile(fixture("snappy"));
  const file = join(folder, "x.parquet");
  await cp(fixture("snappy"), file);
  await truncate(file, whole.length - 20);
  await expect(open(file)).rejects.toThrow(
    /x\.parquet is no whole Parquet file \(.*\): download or copy it again$/,
  );
  let refused = 0;
  for (let at = 4; at < whole.length - 8; at += 19) {
    const broken = Buffer.from(whole);
    broken.fill(0xff, at, at + 8);
    await writeFile(file, broken);
    try {
      await picturesOf(await open(file));
    } catch (error) {
      expect(error).toMatchObject({ code: "DATA" });
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(20);
});

test("a file with fewer rows than it says is damaged", async () => {
  const file = join(await temporaryFolder(), "x.parquet");
  const whole = await readFile(fixture("binary"));
  const messages: string[] = [];
  for (let at = whole.length - 900; at < whole.length - 8; at++) {
    if (whole[at] !== 6) continue; // 3 as Thrift writes it, somewhere among these: the number of rows
    const changed = Buffer.from(whole);
    changed[at] = 8; // 4
    await writeFile(file, changed);
    const outcome = open(file).then(picturesOf);
    messages.push(await outcome.then(String, (error: unknown) => String(error)));
  }
  expect(messages.join("\n")).toMatch(
    /x\.parquet is no whole Parquet file \(it has 3 of the 4 rows that it says\)/,
  );
});

test("it is recognized by its first bytes; beside pictures it must hold pictures itself", async () => {
  const folder = await temporaryFolder();
  await cp(fixture("snappy"), join(folder, "renamed.bin"));
  await writeFile(join(folder, "not.parquet"), "text");
  const first = async (path: string): Promise<string | undefined> => {
    for (const format of FORMATS) if (await format.recognizes(path)) return format.name;
    return undefined;
  };
  expect(await first(join(folder, "renamed.bin"))).toBe("parquet");
  expect(await first(join(folder, "not.parquet"))).not.toBe("parquet");
  await mkdir(join(folder, "pictures", "cats"), { recursive: true });
  await writeFile(join(folder, "pictures", "cats", "1.jpg"), "");
  await cp(fixture("table"), join(folder, "pictures", "about.parquet"));
  expect(await first(join(folder, "pictures"))).toBe("folder");
  await cp(fixture("snappy"), join(folder, "a.parquet")); // beside a picture of its card
  expect(await first(folder)).toBe("parquet");
});
