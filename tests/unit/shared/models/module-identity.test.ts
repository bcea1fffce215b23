// A module is its path and its content, with what it imports by path; nothing of it is run to know that.
import { mkdir, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { identifyModule } from "../../../../shared/models/module-identity.ts";
import { temporaryFolder } from "../../../support/cli.ts";

let folder: string;

beforeEach(async () => {
  folder = await realpath(await temporaryFolder());
});

async function write(name: string, content: string): Promise<string> {
  await writeFile(join(folder, name), content);
  return join(folder, name);
}

async function hashOf(file: string): Promise<string> {
  return (await identifyModule(file)).hash;
}

test("the hash follows the module's content, not its place", async () => {
  const file = await write("gan.mjs", "throw new Error('it was run');");
  const { hash } = await identifyModule(file);
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(await hashOf(file)).toBe(hash);
  await mkdir(join(folder, "moved"));
  await rename(file, join(folder, "moved", "gan.mjs"));
  expect(await hashOf(join(folder, "moved", "gan.mjs"))).toBe(hash);
  expect(await hashOf(await write("gan.mjs", "throw new Error('it was run!');"))).not.toBe(hash);
});

test.each([
  ['import { f } from "./part.js";', "part.js"],
  ["import './part.mjs'", "part.mjs"],
  ['export * from "./part"', "part.ts"],
  ['import { f } from "./part.js";', "part.ts"],
  ['const part = await import("./part.json");', "part.json"],
  ["const part = require(`./part`);", "part.cjs"],
  ['await import(/* of mine */ "./part.js")', "part.js"],
  ['new URL("./part.bin", import.meta.url)', "part.bin"],
  ['import { f } from "./lib";', "lib/index.js"],
])("%s has the hash follow %s", async (source, part) => {
  await mkdir(join(folder, "lib"));
  const file = await write("gan.mjs", source);
  await write(part, "1");
  const before = await hashOf(file);
  await write(part, "2");
  expect(await hashOf(file)).not.toBe(before);
});

test("what an imported file imports counts, also in a circle and out of the folder", async () => {
  await mkdir(join(folder, "inner"));
  const file = await write("inner/gan.mjs", 'import "./a.mjs";');
  await write("inner/a.mjs", 'import "./gan.mjs"; import "../b.mjs";');
  await write("b.mjs", "1");
  const before = await hashOf(file);
  await write("b.mjs", "2");
  expect(await hashOf(file)).not.toBe(before);
});

test("packages and files that are not there are left out", async () => {
  const file = await write("gan.mjs", 'import "left-pad"; import "./nowhere.mjs"; import "file:///%zz";');
  expect(await hashOf(file)).toMatch(/^[0-9a-f]{64}$/);
});

test("a link is the file it leads to, and a folder is no module", async () => {
  const file = await write("gan.mjs", "1");
  await symlink(file, join(folder, "link.mjs"));
  expect(await identifyModule(join(folder, "link.mjs"))).toEqual(await identifyModule(file));
  await expect(identifyModule(folder)).rejects.toThrow("it is a folder, and no regular file");
});
