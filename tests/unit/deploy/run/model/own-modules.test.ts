// A module runs if a command line has named it as it is: what a config says of itself counts for nothing.
import { copyFile, mkdir, readdir, realpath, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { checkOwnModule, noteModule } from "../../../../../deploy/run/model/own-modules.ts";
import { identifyModule } from "../../../../../coordinator/compiler/models/users/module-identity.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

let folder: string;
let cache: string;
let file: string;
const warnings: string[] = [];

beforeEach(async () => {
  folder = await realpath(await temporaryFolder());
  cache = join(folder, "cache");
  vi.stubEnv("GANGLION_CACHE", cache);
  file = join(folder, "gan.mjs");
  await writeFile(file, 'import "./layers.mjs";');
  await writeFile(join(folder, "layers.mjs"), "1");
  warnings.length = 0;
  return () => vi.unstubAllEnvs();
});

function note(path = file): Promise<void> {
  return noteModule(path, (_code, message) => void warnings.push(message));
}

/** The refusal's sentence; null where it may run. */
async function refusal(path = file, recorded: string | null = null): Promise<string | null> {
  return checkOwnModule(
    { model: { kind: "module", file: path } },
    { source: "x.safetensors", recorded },
  ).then(
    () => null,
    (error: Error) => error.message,
  );
}

test("one that was never named is refused with what would have run, and how to allow it", async () => {
  const { hash } = await identifyModule(file);
  const said = `x.safetensors names the model module ${file} (content ${hash.slice(0, 12)}…), and none of your command lines has named it as it is: look at it, and name it with --model ${file} if it may run`;
  expect(await refusal()).toBe(said);
  expect(await refusal(file, hash)).toBe(said); // a stranger knows the hash of his own file
});

test("one that was named runs, until it or what it imports is edited", async () => {
  await note();
  expect(warnings).toEqual([]);
  expect(await refusal()).toBeNull();
  const { hash: before } = await identifyModule(file);
  await writeFile(join(folder, "layers.mjs"), "2");
  const { hash: now } = await identifyModule(file);
  expect(await refusal(file, before)).toContain(
    `whose content was ${before.slice(0, 12)}… when the run was trained and is ${now.slice(0, 12)}… now: put it back as it was`,
  );
  await note();
  expect(await refusal(file, before)).toBeNull(); // its programs are compared
});

test("the same content at another place is another module: what surrounds it may be anyone's", async () => {
  await note();
  await mkdir(join(folder, "downloads"));
  for (const name of ["gan.mjs", "layers.mjs"])
    await copyFile(join(folder, name), join(folder, "downloads", name));
  expect(await refusal(join(folder, "downloads", "gan.mjs"))).toContain("none of your command lines");
});

test("one whose imports are known only as it runs is not noted, and both sentences name the import", async () => {
  await writeFile(file, "export const part = await import(name);");
  await note();
  const what = `what import(name); in ${file} loads cannot be known before it runs`;
  expect(warnings).toEqual([expect.stringContaining(`${file} is not noted as yours: ${what}`)]);
  expect(await refusal()).toContain(`${what}: look at it, and name it with --model ${file}`);
});

test("any number of coordinators note the same module at once, and a note that is there is left alone", async () => {
  await Promise.all(Array.from({ length: 40 }, () => note()));
  expect(warnings).toEqual([]);
  const [name, ...others] = await readdir(join(cache, "own-modules"));
  expect(others).toEqual([]);
  const { mtimeMs, ino } = await stat(join(cache, "own-modules", name));
  await note();
  expect(await stat(join(cache, "own-modules", name))).toMatchObject({ mtimeMs, ino });
  expect(await refusal()).toBeNull();
});

test("a link in the place of the note is no note, and is replaced by one", async () => {
  await note();
  const [name] = await readdir(join(cache, "own-modules"));
  await rm(join(cache, "own-modules", name));
  await symlink(file, join(cache, "own-modules", name));
  expect(await refusal()).toContain("none of your command lines");
  await note();
  expect([await refusal(), warnings]).toEqual([null, []]);
});

test("a preset needs no leave", async () => {
  const model = { kind: "preset", name: "digits" } as const;
  await checkOwnModule({ model }, { source: "x", recorded: null });
});

test("a module that is not there is asked for, and a name cannot steer the terminal", async () => {
  const said = await refusal(join(folder, "\u001b[2Jevil\u202e.mjs"));
  expect(said).toContain(String.raw`/\x1b[2Jevil\u202e.mjs, which cannot be read`);
  expect(said).toContain("say where it is with --model FILE");
  expect(said).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

test("without a cache that can be written the run goes on, and is told that it will have to be named", async () => {
  await writeFile(cache, "in the way");
  await note();
  expect(warnings).toEqual([
    expect.stringContaining("name the module with --model again, or set GANGLION_CACHE"),
  ]);
  expect(await refusal()).toContain("--model");
});

test("a cache relative to the working folder is no proof: the folder may be a stranger's", async () => {
  await note();
  const [name] = await readdir(join(cache, "own-modules"));
  vi.stubEnv("GANGLION_CACHE", "cache");
  const home = process.cwd();
  process.chdir(folder);
  try {
    expect(name).toMatch(/^[0-9a-f]{64}\.json$/);
    expect(await refusal()).toContain("none of your command lines");
  } finally {
    process.chdir(home);
  }
});
