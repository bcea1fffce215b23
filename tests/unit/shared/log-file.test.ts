// A log that cannot be written, and can again: nothing is thrown, and what is missing is told.
import { mkdir, readFile, rmdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createLog } from "../../../shared/log.ts";
import { temporaryFolder } from "../../support/cli.ts";
import { isLinux } from "../../support/linux.ts";

test("lines that cannot be written are left out, and counted where the file goes on", async () => {
  const file = join(await temporaryFolder(), "log.txt");
  const causes: string[] = [];
  const log = createLog({ file, stderr: "silent", failing: (cause) => causes.push(cause) });
  log.info("first");
  log.info("second");
  expect(causes).toEqual([]);
  expect(await messagesIn(file)).toEqual(["first", "second"]);

  const other = join(await temporaryFolder(), "log.txt");
  await mkdir(other); // in its way
  const late = createLog({ file: other, stderr: "silent", failing: (cause) => causes.push(cause) });
  late.info("lost");
  late.warn("lost too");
  await rmdir(other);
  late.info("third");
  late.info("fourth");
  expect(causes).toEqual([expect.stringContaining("EISDIR")]); // once
  const [gap, ...others] = await linesIn(other);
  expect(gap).toMatchObject({ level: 40, missing: 2 });
  expect(others.map(({ msg }) => msg)).toEqual(["third", "fourth"]);
});

test.runIf(isLinux)("a full disk ends nothing", async () => {
  const file = join(await temporaryFolder(), "log.txt");
  await symlink("/dev/full", file);
  const causes: string[] = [];
  const log = createLog({ file, stderr: "silent", failing: (cause) => causes.push(cause) });
  for (let i = 0; i < 100; i++) log.info("a line");
  expect(causes).toEqual([expect.stringContaining("ENOSPC")]);
});

async function linesIn(file: string): Promise<{ readonly msg: string; readonly [field: string]: unknown }[]> {
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line) as { msg: string });
}

async function messagesIn(file: string): Promise<string[]> {
  return (await linesIn(file)).map(({ msg }) => msg);
}
