// Files that are not what their names say: named as what they are.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findSignature } from "../../../../../shared/data/files/file-signature.ts";
import { loadIdx } from "../../../../support/load-source.ts";
import { idx } from "../../../../support/idx-folder.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-misnamed-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Two grey images of 1 × 3. */
const IMAGES = idx([2, 1, 3], [1, 2, 3, 4, 5, 6]);
const put = (name: string, bytes: Uint8Array): Promise<void> => writeFile(join(folder, name), bytes);

describe("loadIdx refuses", () => {
  test.each([
    [
      "a web page",
      "\n <!DOCTYPE html><html><body>Not found</body></html>",
      /a web page \(<!DOCTYPE html>/,
      /the file itself/,
    ],
    [
      "JSON",
      '{"message":"Not Found"}',
      /JSON, as a server sends with an error \(\{"message":"Not Found"\}\)/,
      /the file itself/,
    ],
    [
      "JSON of PowerShell",
      Buffer.from('\uFEFF{"message":"Not Found"}', "utf16le"),
      /JSON/,
      /the file itself/,
    ],
    ["XML", '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', /XML/, /the file itself/],
    [
      "a pointer of Git LFS",
      "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a",
      /Git LFS/,
      /git lfs pull/,
    ],
    ["a pointer of git-annex", "/annex/objects/SHA256E-s9912422--440f.gz\n", /git-annex/, /git annex get/],
    ["a line of text", "404: Not Found", /text \(404: Not Found\)/, /the file itself/],
    ["a zip archive", Buffer.from("PK\x03\x04\x14\0\0\0\x08\0", "latin1"), /a zip archive/, /unpack it/],
    ["an xz file", Buffer.from("\xfd7zXZ\0\0\x04", "latin1"), /compressed with xz/, /unpack it/],
    ["a NumPy array", Buffer.from("\x93NUMPY\x01\0", "latin1"), /a NumPy array/, /give its path itself/],
    ["a pickle", Buffer.from("\x80\x04\x95\x01", "latin1"), /a Python pickle, which could run/, /np\.savez/],
    ["a table", "label,pixel0,pixel1\n5,0,0\n", /a table of pixels as text \(label,pixel0/, /np\.savez/],
    [
      "a tar archive",
      Buffer.concat([Buffer.from("train-images".padEnd(257, "\0")), Buffer.from("ustar\0")]),
      /a tar archive/,
      /unpack it/,
    ],
  ])(
    "%s under the name of images or labels, naming it, plain and gzipped",
    async (_, content, what, remedy) => {
      const bytes = Buffer.from(content as Buffer);
      for (const name of ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte"])
        for (const packed of [bytes, gzipSync(bytes)]) {
          await put("train-images-idx3-ubyte.gz", IMAGES);
          await put(name, packed);
          const error: unknown = await loadIdx(folder, "train").catch((reason: unknown) => reason);
          expect(error).toMatchObject({ code: "DATA" });
          const { message } = error as Error;
          expect(message).toContain(`${name} is no IDX file but `);
          expect(message).toMatch(what);
          expect(message).toMatch(remedy);
        }
    },
  );
});

test("what is neither known nor text has no name, and neither has nothing", () => {
  for (const bytes of [[], [0], [0, 0, 8, 3], [0x81, 2, 0x7d, 0x71], [0x3c, 0x68, 0, 1], [0x20, 0x0a]])
    expect(findSignature(Uint8Array.from(bytes))).toBeNull();
});

test("a long text is cut, and steers no terminal", () => {
  const { what } = findSignature(Buffer.from(`a\n\tb${"c".repeat(200)}`))!;
  expect(what).toMatch(/^text \(a bc{70,80}…\)$/);
  expect(findSignature(Buffer.from("\u001b[31mred"))).toBeNull();
});
