// A module in one file: what it imports is inside, and what would mean another thing elsewhere is refused.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bundleModule } from "../../../../../../coordinator/compiler/models/users/copy/bundle-module.ts";
import { temporaryFolder } from "../../../../../support/cli.ts";

async function bundled(files: Readonly<Record<string, string>>, entry = Object.keys(files)[0]) {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "lib"));
  for (const [name, source] of Object.entries(files)) await writeFile(join(folder, name), source);
  return bundleModule(join(folder, entry));
}

async function exportsOf(files: Readonly<Record<string, string>>): Promise<Record<string, unknown>> {
  const made = await bundled(files);
  if (made.kind !== "bundled") throw new Error(made.why);
  const file = join(await temporaryFolder(), made.name);
  await writeFile(file, made.source);
  return (await import(file)) as Record<string, unknown>;
}

test("TypeScript, JSON, CommonJS and literal dynamic imports are inside", async () => {
  const made = await exportsOf({
    "my gan.ts": `
      import { a } from "./lib/a";
      import data from "./lib/data.json" with { type: "json" };
      import common from "./lib/common.cjs";
      enum Size { Small = 3 }
      const { late } = await import("./lib/late.mjs");
      export const all: readonly number[] = [a(), data.b, common.c, late, Size.Small];`,
    "lib/a.ts": "export const a = (): number => 1;",
    "lib/data.json": '{ "b": 2 }',
    "lib/common.cjs": 'module.exports = { c: require("node:path").sep.length + 2 };',
    "lib/late.mjs": "export const late = 4;",
  });
  expect(made["all"]).toEqual([1, 2, 3, 4, 3]);
});

test("functions and classes keep their names, which layers are registered by", async () => {
  const made = await exportsOf({
    "gan.mjs": `
      import { Noise as Other } from "./lib/a.mjs";
      class Noise {}
      export const names = [Noise.name, Other.name];`,
    "lib/a.mjs": "export class Noise {}",
  });
  expect(made["names"]).toEqual(["Noise", "Noise"]);
});

test.each([
  ["the module's own place", "export const a = new URL('./w.bin', import.meta.url);", "import.meta.url, which is another place"],
  ["a folder's name", "module.exports = { a: __dirname };", "__dirname, which is another place"],
  ["an import of an unknown file", "export const a = (name) => import(name);", "import(name), whose file is known only"],
  ["a require of an unknown file", "module.exports = require(process.env.X);", "whose file is known only"],
  ["a package that is not there", 'import x from "no-such-package"; export { x };', "it imports no-such-package, which is not found"],
  ["a file that is not there", 'import x from "./nothing.mjs"; export { x };', "it cannot be put into one file ("],
])("%s is refused with what it is", async (_name, source, why) => {
  const made = await bundled({ [source.includes("module.exports") ? "gan.cjs" : "gan.mjs"]: source });
  expect(made).toMatchObject({ kind: "refused", why: expect.stringContaining(why) });
}); // prettier-ignore

test("the file that is at fault is named", async () => {
  const made = await bundled({
    "gan.mjs": 'export { a } from "./lib/a.mjs";',
    "lib/a.mjs": "export const a = import.meta.url;",
  });
  expect(made).toMatchObject({ why: expect.stringContaining(`import.meta.url in ${join("lib", "a.mjs")}`) });
});

test("what stands in comments, strings and names of properties is no fault", async () => {
  const source = `
    // import.meta.url, __dirname
    export const a = ["import.meta.url", { __dirname: 1 }.__dirname];`;
  expect(await bundled({ "gan.mjs": source })).toMatchObject({ kind: "bundled", readsFiles: false });
});

test("one that can read files is told apart", async () => {
  const read = await bundled({
    "gan.mjs": 'import { readFileSync } from "fs"; export const a = readFileSync;',
  });
  const required = await bundled({ "gan.cjs": 'module.exports = require("node:fs/promises");' });
  expect([read, required]).toMatchObject([{ readsFiles: true }, { readsFiles: true }]);
});
