// Folders that several make at once, and places where none can be made.
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder } from "../../../shared/make-folder.ts";
import { temporaryFolder } from "../../support/cli.ts";

test("any number make the same folders at once, or one around another's", async () => {
  const folder = await temporaryFolder();
  for (let round = 0; round < 20; round++) {
    const outer = join(folder, String(round));
    const inner = join(outer, "inner");
    await Promise.all(Array.from({ length: 20 }, (_, i) => makeFolder(i % 2 ? outer : inner)));
    expect((await stat(inner)).isDirectory()).toBe(true);
  }
});

test("a file in the way is told", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  await expect(makeFolder(file)).rejects.toThrow("EEXIST");
  await expect(makeFolder(join(file, "a", "b"))).rejects.toThrow("ENOTDIR");
});

test("a file system that makes no folders says so at once", async () => {
  await expect(makeFolder("/proc/ganglion/a/b")).rejects.toThrow(/ENOENT|EACCES/);
});
