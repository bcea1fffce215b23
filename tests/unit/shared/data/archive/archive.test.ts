// Archives of pictures: the same as the folder that they hold, and refused where they are not safe or not whole.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { GanglionError } from "../../../../../shared/errors.ts";
import { archive } from "../../../../../shared/data/archive/archive.ts";
import { tarEntries } from "../../../../../shared/data/archive/tar-entries.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import {
  type TarEntry,
  type Tree,
  look,
  openSource,
  pictures,
  png,
  refusalOf,
  tar,
  tarOf,
  writeTree,
} from "../../../../support/picture-trees.ts";
import { type ZipEntry, zip } from "../../../../support/zip-writer.ts";

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

/** Of the header at the start: the sum of its bytes, with blanks in the sum's own place. */
function writeChecksum(bytes: Buffer): void {
  const header = bytes.subarray(0, 512);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0`, 148);
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

describe("a zip archive", () => {
  const refused = async (entry: Partial<ZipEntry>): Promise<string> =>
    refusalOf(await put(zip([{ name: "a.png", content: png("a"), ...entry }])));

  test("may be stored or deflated, with sizes behind the content or in 64 bits", async () => {
    const kinds: Partial<ZipEntry>[] = [
      { method: 0 },
      { method: 8 },
      { hasDescriptor: true },
      { is64: true },
    ];
    const entries = kinds.map((kind, i) => ({ name: `${i}.png`, content: png(`${i}`), ...kind }));
    const found = await look(await put(zip(entries)));
    expect(found.contents).toEqual(entries.map(({ content }) => content.toString("latin1")));
  });

  test("has names in UTF-8, said or not, or in code page 437, and backslashes of Windows", async () => {
    const content = png("x");
    const found = await look(
      await put(
        zip([
          { name: "ä/1.png", content },
          { name: "ö/2.png", content, flags: 0x800 },
          { name: Buffer.from([0x81, 0x2f, 0x33, 0x2e, 0x70, 0x6e, 0x67]), content }, // ü of code page 437
          { name: "w\\4.png", content, host: 0 },
        ]),
      ),
    );
    expect(found.names).toEqual(["w/4.png", "ä/1.png", "ö/2.png", "ü/3.png"]);
  });

  test("in several parts is refused with the remedy", async () => {
    const bytes = zip([{ name: "a.png", content: png("a") }]);
    bytes.writeUInt16LE(1, bytes.length - 18); // the number of this disk
    expect(await refusalOf(await put(bytes))).toMatch(/multi-disk .*: unpack it, and give the folder/);
  });

  test.each([
    [{ flags: 1 }, /the entry "a\.png" is encrypted: unpack the archive with its password/],
    [{ mode: 0o120777 }, /the entry "a\.png" is a link: pack the archive again with the files themselves/],
    [{ method: 9 }, /the entry "a\.png" is compressed by Deflate64, which is not read: unpack/],
    [{ method: 77 }, /is compressed by method 77/],
    [
      { claimedBytes: 2 ** 30 + 1 },
      /inflates to 1,073,741,825 bytes, and a picture has at most 1,073,741,824/,
    ],
  ])("is refused with an entry %j", async (entry, reason) => {
    expect(await refused(entry)).toMatch(reason);
  });

  test.each([
    [{ claimedCrc: 1 }, /^it does not have the checksum of the archive's directory$/],
    [{ claimedBytes: 4 }, /larger than 5 bytes/],
    [{ claimedBytes: 400 }, /^it has 9 bytes, and 400 by the archive's directory$/],
  ])("with a picture that is not what the directory says, %j, has others that are", async (entry, reason) => {
    const entries = [{ name: "a.png", content: png("a"), ...entry }, { name: "b.png", content: png("b") }]; // prettier-ignore
    const { content } = (await openSource(await put(zip(entries)))).source;
    if (content.kind !== "pictures") throw new Error("pixels");
    const read: string[] = [];
    for await (const { name, bytes } of content.pictures()) {
      const result = await Promise.resolve()
        .then(bytes)
        .catch((error: unknown) => error);
      if (name === "b.png") expect(Buffer.from(result as Uint8Array)).toEqual(png("b"));
      else {
        expect(result).not.toBeInstanceOf(GanglionError); // else the archive would be refused as a whole
        expect((result as Error).message).toMatch(reason);
      }
      read.push(name);
    }
    expect(read).toEqual(["a.png", "b.png"]);
  });

  test("with a file of labels that cannot be read is refused", async () => {
    const labels = { name: "labels.json", content: Buffer.from('{"labels": null}'), claimedCrc: 1 };
    expect(await refusalOf(await put(zip([{ name: "a.png", content: png("a") }, labels])))).toMatch(
      /data: labels\.json cannot be read \(it does not have the checksum .*\): mend it, or move it away/,
    );
  });

  test("that inflates out of all proportion is refused by what its directory says", async () => {
    const entries = Array.from({ length: 3 }, (_, i) => ({
      name: `${i}.txt`,
      content: Buffer.from("x"),
      claimedBytes: 2 ** 29,
    }));
    expect(await refusalOf(await put(zip([{ name: "a.png", content: png("") }, ...entries])))).toMatch(
      /inflates to more than 100 times as many, over 1 GiB/,
    );
  });
});

describe("a tar archive", () => {
  test("has long names, Latin-1 names and nested gzip", async () => {
    const long = `${"long name ".repeat(30)}ü.png`;
    const bytes = Buffer.from(
      await tar([
        { name: "latin-u.png", content: png("l") },
        { name: long, content: png("x") },
      ]),
    );
    const at = bytes.indexOf("latin-u");
    bytes[at + 6] = 0xfc;
    const header = bytes.subarray(at, at + 512);
    writeChecksum(header);
    const found = await look(await put(gzipSync(gzipSync(bytes))));
    expect(found.names).toEqual(["latin-ü.png", long]);
  });

  test.each(["symlink", "link"] as const)("with a %s is refused", async (type) => {
    const bytes = await tar([
      { name: "a.png", content: png("") },
      { name: "b.png", type, linkname: "a.png" },
    ]);
    expect(await refusalOf(await put(bytes))).toMatch(/the entry "b\.png" is a link: pack .* --dereference/);
  });

  test("with extended names that are no UTF-8 is read while they differ, and never loses a picture", async () => {
    const entry = (content: string): TarEntry[] => [
      { name: "PaxHeader", content: Buffer.from("14 path=\xfc.png\n", "latin1") },
      { name: "x.png", content: png(content) },
    ];
    const archiveOf = async (entries: readonly TarEntry[]): Promise<string> => {
      const bytes = Buffer.from(await tar(entries));
      for (let at = bytes.indexOf("PaxHeader"); at >= 0; at = bytes.indexOf("PaxHeader", at + 1)) {
        bytes.write("x", at + 156); // an extended header, of the entry that follows
        writeChecksum(bytes.subarray(at));
      }
      return put(bytes);
    };
    expect((await look(await archiveOf(entry("1")))).names).toEqual(["\uFFFD.png"]);
    expect(await refusalOf(await archiveOf([...entry("1"), ...entry("2")]))).toMatch(
      /has a name that is no UTF-8, and cannot be told from another one: rename the files/,
    );
  });

  test("passes pipes and devices over, and says so", async () => {
    const bytes = await tar([
      { name: "a.png", content: png("") },
      { name: "b.png", type: "fifo" },
    ]);
    const found = await look(await put(bytes));
    expect(found.names).toEqual(["a.png"]);
    expect(found.notes).toEqual(["what is no regular file is passed over (b.png)"]);
  });

  test("of a member that claims more than a picture has is refused before it is read", async () => {
    const [header] = [(await tar([{ name: "a.png", content: png("") }])).subarray(0, 512)];
    header.write("10000000001\0", 124); // octal: 2 ** 30 + 1
    writeChecksum(header);
    expect(await refusalOf(await put(Buffer.concat([header, Buffer.alloc(1024)])))).toMatch(
      /the entry "a\.png" inflates to 1,073,741,825 bytes/,
    );
  });
});

test("a gzipped tar knows its length, so that listing it tells how much is left", async () => {
  const bytes = await tarOf(pictures(...Array.from({ length: 1001 }, (_, i) => `${i}.png`)));
  for (const content of [bytes, gzipSync(bytes)]) {
    const heard: [string, number, number][] = [];
    await archive.open(await put(content), "train", { onProgress: (...news) => heard.push(news) });
    // Each file has a block for its header and one for its content.
    expect(heard).toEqual([["listing, in bytes", 999 * 1024 + 512 + png("999.png").length, bytes.length]]);
  }
});

test("a gzipped tar that inflates out of all proportion is refused as soon as it shows", async () => {
  const bytes = gzipSync(await tar([{ name: "a.txt", content: Buffer.alloc(2 ** 21) }]));
  const all = async (freeBytes: number): Promise<number> => {
    let entries = 0;
    for await (const { name } of tarEntries(await put(bytes), 1, { freeBytes }))
      entries += name.length > 0 ? 1 : 0;
    return entries;
  };
  expect(await all(2 ** 22)).toBe(1);
  await expect(all(2 ** 20)).rejects.toThrow(/inflates to more than 100 times as many, over 1 GiB/);
});

test("a file is a tar by its mark or its checksum, whatever its name", async () => {
  const bytes = Buffer.from(await tarOf(pictures("a.png")));
  const old = Buffer.from(bytes);
  old.fill(0, 257, 265); // older than the mark
  writeChecksum(old);
  expect((await look(await put(old))).names).toEqual(["a.png"]);
  old[0] ^= 1;
  expect(await archive.recognizes(await put(old))).toBe(false);
  bytes[0] ^= 1;
  expect(await refusalOf(await put(bytes))).toMatch(/data is damaged or cut off \(Invalid tar header/);
});

test("archives of other kinds are named, with the remedy", async () => {
  expect(await refusalOf(await put(Buffer.from("7z\xbc\xaf\x27\x1c and more", "latin1")))).toMatch(
    /data is a 7z archive, and of archives \.zip, \.tar and \.tar\.gz are read: unpack it/,
  );
  expect(await refusalOf(await put(Buffer.from("BZh91AY&SY", "latin1")))).toMatch(/is compressed with bzip2/);
});
