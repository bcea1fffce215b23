// Zip archives: what real ones have and what is refused.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { GanglionError } from "../../../../../shared/errors.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { look, openSource, png, refusalOf } from "../../../../support/picture-trees.ts";
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
