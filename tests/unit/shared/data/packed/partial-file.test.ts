// Files of the cache that are not whole yet: one process each, and what became of those that ended.
import { readFile, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openPartialFile } from "../../../../../shared/data/packed/partial-file.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

/** As a process leaves it that was killed so long ago. */
async function abandoned(folder: string, content: string, secondsAgo: number): Promise<string> {
  const file = join(folder, `x.${secondsAgo}.tmp`);
  await writeFile(file, content);
  const then = Date.now() / 1000 - secondsAgo;
  await utimes(file, then, then);
  return file;
}

test("what was left, or its process has abandoned, is gone on with by one", async () => {
  const folder = await temporaryFolder();
  await abandoned(folder, "half", 30);
  const [first, second] = await Promise.all([0, 1].map(() => openPartialFile(folder, "x", { goOn: true })));
  expect([first.bytes, second.bytes].sort((a, b) => a - b)).toEqual([0, 4]);
  const taken = first.bytes === 4 ? first : second;
  await taken.handle.appendFile(" whole");
  await taken.leave();
  const again = await openPartialFile(folder, "x", { goOn: true });
  expect(again.bytes).toBe(10);
  await again.finish();
  expect(await readFile(join(folder, "x"), "utf8")).toBe("half whole");
});

test("what another process writes is let be, and what is forgotten is removed", async () => {
  const folder = await temporaryFolder();
  await abandoned(folder, "in use", 5);
  await abandoned(folder, "slow", 600);
  await abandoned(folder, "forgotten", 7200);
  const own = await openPartialFile(folder, "x");
  expect(own.bytes).toBe(0);
  await own.discard();
  expect((await readdir(folder)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(["x.5.tmp", "x.600.tmp"]);
});
