// Tar archives, gzipped or not: what real ones have and what is refused.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { archive } from "../../../../../shared/data/archive/archive.ts";
import { tarEntries } from "../../../../../shared/data/archive/tar-entries.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import {
  type TarEntry,
  look,
  pictures,
  png,
  refusalOf,
  tar,
  tarOf,
} from "../../../../support/picture-trees.ts";

let folder = "";
beforeEach(async () => {
  folder = await temporaryFolder();
});

/** Under a name that says nothing. */
async function put(bytes: Uint8Array): Promise<string> {
  await writeFile(join(folder, "data"), bytes);
  return join(folder, "data");
}

/** Of the header at the start: the sum of its bytes, with blanks in the sum's own place. */
function writeChecksum(bytes: Buffer): void {
  const header = bytes.subarray(0, 512);
  header.fill(" ", 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0`, 148);
}

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
