// A module is its path and its content, with what it imports by path; nothing of it is run to know that.
import { mkdir, realpath, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { identifyModule } from "../../../../../../coordinator/compiler/models/users/module-identity.ts";
import { temporaryFolder } from "../../../../../support/cli.ts";

let folder: string;

beforeEach(async () => {
  folder = await realpath(await temporaryFolder());
});

const IMPORTS = {
  "#cfg": { node: "./part.js", default: ["./lib/other.js"] },
  "#lib/*": "./lib/*",
  "#package": "left-pad",
};

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
  ['import { rate } from "./h%20x.js";', "h x.js"],
  ['import { rate } from "./h%20x.js?v=1";', "h x.js"],
  ['const part = require("./h%20x.js");', "h%20x.js"],
  [`await import("./it's.js")`, "it's.js"],
  ['import { rate } from "#cfg";', "part.js"],
  ['import { rate } from "#cfg";', "lib/other.js"],
  ['export * from "#lib/part.js";', "lib/part.js"],
])("%s has the hash follow %s", async (source, part) => {
  await mkdir(join(folder, "lib"));
  await write("package.json", JSON.stringify({ imports: IMPORTS }));
  const file = await write("gan.mjs", source);
  await write(part, "1");
  const before = await hashOf(file);
  await write(part, "2");
  expect(await hashOf(file)).not.toBe(before);
  expect((await identifyModule(file)).unfollowed).toBeNull();
});

test("the hash follows what the nearest package.json says of a name, from within folders, too", async () => {
  await mkdir(join(folder, "inner"));
  const file = await write("inner/gan.mjs", 'import { rate } from "#cfg";');
  for (const part of ["part.js", "other.js"]) await write(part, "1");
  await write("package.json", '{ "version": "1", "imports": { "#cfg": "./part.js" } }');
  const before = await hashOf(file);
  await write("package.json", '{ "version": "2", "imports": { "#cfg": "./part.js" } }');
  expect(await hashOf(file)).toBe(before);
  await write("package.json", '{ "version": "2", "imports": { "#cfg": "./other.js" } }');
  expect(await hashOf(file)).not.toBe(before);
});

test.each([
  ["await import(name)", "import(name)"],
  ["await import(/* mine */ name)", "import("],
  ["const part = require(name);", "require(name);"],
  ['await import("./" + name)', 'import("./"'],
  ["await import(`./${name}.js`)", "import(`./${name}.js`"],
  ["await import(`./${\nname}.js`)", "import("],
  ['import { f } from "./p\\x61rt.js";', "from"],
  ['import { f } from "./nowhere.js";', 'from "./nowhere.js"'],
  ['import { f } from "#nowhere";', 'from "#nowhere"'],
  ["const load = createRequire(import.meta.url);", "createRequire("],
])("%s cannot be followed, and is named", async (source, text) => {
  const file = await write("gan.mjs", 'import "./part.js";');
  const part = await write("part.js", source);
  const { unfollowed } = await identifyModule(file);
  expect(unfollowed).toContain(text);
  expect(unfollowed).toContain(` in ${part}`);
});

test.each([
  'import { readFile } from "node:fs/promises"; import "left-pad"; import.meta.url;',
  'const require = createRequire(import.meta.url); require("left-pad");',
  '// as from "./nowhere.js", or import(name)\n/*\n * require(name)\n */',
  'new URL("./nowhere.bin", import.meta.url); Array.from(name); loader.import(name);',
  'import { f } from "#package";',
])("%s leaves nothing that cannot be followed", async (source) => {
  await write("package.json", JSON.stringify({ imports: IMPORTS }));
  expect((await identifyModule(await write("gan.mjs", source))).unfollowed).toBeNull();
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
