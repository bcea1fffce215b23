// Archives of pictures: the same as the folder that they hold, and refused where they are not safe or not whole.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { archive } from "../../../../../shared/data/archive/archive.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import {
  type Tree,
  look,
  openSource,
  pictures,
  png,
  refusalOf,
  tarOf,
  writeTree,
} from "../../../../support/picture-trees.ts";
import { zip } from "../../../../support/zip-writer.ts";

let folder = "";
beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Under a name that says nothing. */
async function put(bytes: Uint8Array): Promise<string> {
  await writeFile(join(folder, "data"), bytes);
  return join(folder, "data");
}

function zipOf(tree: Tree): Buffer {
  return zip(Object.entries(tree).map(([name, content]) => ({ name, content: Buffer.from(content) })));
}

const KINDS: readonly (readonly [string, (tree: Tree) => Promise<Buffer>])[] = [
  ["zip archive", (tree) => Promise.resolve(zipOf(tree))],
  ["tar archive", tarOf],
  ["gzipped tar archive", async (tree) => gzipSync(await tarOf(tree))],
];

describe.each(KINDS)("a %s", (format, archiveOf) => {
  test("is the same as the folder: names, order, labels, bytes and what is told", async () => {
    const tree: Tree = {
      ...pictures(
        "cats/b.png",
        "cats/a.png",
        "dogs/two words.png",
        "🐈/\u{1F600}.png",
        "🐈/\uFF5E.png",
        "猫/e\u0301.png",
      ),
      "猫/no-ending": png("sniffed"),
      // More than is read at once.
      "dogs/large.png": Buffer.concat([
        png(""),
        Buffer.from(Array.from({ length: 1.5e6 }, (_, i) => (i * i) >> 9)),
      ]),
      "README.txt": "x".repeat(3000),
      ".DS_Store": "x",
      "__MACOSX/cats/._a.png": "x",
      "labels.csv": "x",
      "empty/": "",
    };
    const [inFolder, inArchive] = [await look(await writeTree(join(folder, "tree"), tree)), await look(await put(await archiveOf(tree)))]; // prettier-ignore
    expect(inArchive.format).toBe(format);
    expect(inArchive).toEqual({ ...inFolder, format });
    expect(inArchive.names).toHaveLength(8);
    expect(inArchive.classNames).toEqual(["cats", "dogs", "猫", "🐈"]);
  });

  test("reads labels.json and splits inside of it, below ./ and a wrapper", async () => {
    const tree = {
      ...pictures("./set/train/a.png", "./set/train/b.png", "./set/test/c.png"),
      "./set/labels.json": '{"labels": {"train/a.png": 1, "train/b.png": 0, "test/c.png": 1}}',
    };
    const path = await put(await archiveOf(tree));
    expect(await look(path)).toMatchObject({ names: ["set/train/a.png", "set/train/b.png"], labels: [1, 0] });
    expect(await look(path, "test")).toMatchObject({ names: ["set/test/c.png"], labels: [1] });
  });

  test("can be read again, and only in part", async () => {
    const path = await put(await archiveOf(pictures("1.png", "2.png", "3.png")));
    const { content } = (await openSource(path)).source;
    if (content.kind !== "pictures") throw new Error("pixels");
    for (const wanted of [1, 3, 3]) {
      let taken = 0;
      for await (const picture of content.pictures()) {
        expect(Buffer.from(await picture.bytes())).toEqual(png(`${picture.index + 1}.png`));
        if (++taken === wanted) break;
      }
      expect(taken).toBe(wanted);
    }
  });

  test("takes the last entry of a name, as unpacking does, and says so", async () => {
    const twice = await archiveOf({ "a.png": png("old"), "./a.png": png("new") });
    const found = await look(await put(twice));
    expect(found.contents).toEqual([png("new").toString("latin1")]);
    expect(found.notes).toEqual([
      "1 name occurs more than once in the archive, and the last entry counts, as in unpacking (a.png)",
    ]);
  });

  test.each(["../a.png", "x/../../a.png", "/tmp/a.png", "C:\\a.png", "c:/a.png", "__MACOSX/../../a.png"])(
    "with the name %s is refused",
    async (name) => {
      const path = await put(await archiveOf({ "good.png": png(""), [name]: png("") }));
      expect(await refusalOf(path)).toMatch(
        /the entry ".*" has a name that leads out of the archive: pack it again/,
      );
    },
  );

  test("that is cut off is refused, or warned of where it is cut between two files", async () => {
    const bytes = await archiveOf(pictures("1.png", "2.png", "3.png"));
    const isTar = format === "tar archive";
    for (let end = isTar ? 512 : 100; end < bytes.length - (isTar ? 1024 : 0); end += isTar ? 256 : 10) {
      const path = await put(bytes.subarray(0, end));
      if (!(await archive.recognizes(path))) continue; // not even the first header is there
      if (isTar && end % 1024 === 0)
        expect((await look(path)).warnings).toEqual([expect.stringMatching(/lacks the mark that ends a tar: if/)]); // prettier-ignore
      else
        expect(await refusalOf(path)).toMatch(/data is damaged or cut off \(.+\): copy or download it again/);
    }
  });

  test("without pictures is refused with what it holds", async () => {
    const path = await put(await archiveOf({ "a.txt": "x" }));
    expect(await refusalOf(path)).toMatch(
      /data holds no pictures but a\.txt: in an archive PNG, JPEG.* unpack it for every other format/,
    );
  });
});

test("archives of other kinds are named, with the remedy", async () => {
  expect(await refusalOf(await put(Buffer.from("7z\xbc\xaf\x27\x1c and more", "latin1")))).toMatch(
    /data is a 7z archive, and of archives \.zip, \.tar and \.tar\.gz are read: unpack it/,
  );
  expect(await refusalOf(await put(Buffer.from("BZh91AY&SY", "latin1")))).toMatch(/is compressed with bzip2/);
});
