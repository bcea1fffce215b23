// The package as somebody installs it who has no clone: packed, installed with npm alone, run from another folder.
import { execFile } from "node:child_process";
import { cp, readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/cli.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

test("trains from a global installation of what npm run package makes", { timeout: 600_000 }, async () => {
  const clone = join(await temporaryFolder(), "clone");
  const besides = new Set(["node_modules", "dist", "runs", ".git"]);
  await cp(ROOT, clone, {
    recursive: true,
    filter: (source) => !besides.has(source.slice(ROOT.length).replace(/\/$/, "")),
  });
  await symlink(join(ROOT, "node_modules"), join(clone, "node_modules"));
  await run("npm", ["run", "--silent", "package"], { cwd: clone });
  const [packed] = (await readdir(clone)).filter((name) => name.endsWith(".tgz"));

  const prefix = await temporaryFolder();
  await run("npm", ["install", "-g", "--ignore-scripts", "--prefix", prefix, join(clone, packed)]);
  const elsewhere = await temporaryFolder();
  const ganglion = (...words: string[]): Promise<{ stdout: string }> =>
    run(join(prefix, "bin", "ganglion"), words, { cwd: elsewhere });
  await ganglion("init", "my-gan.ts");
  const small = ["--steps", "2", "--batch", "8", "--shard", "4", "--workers", "2", "--transport", "ws"];
  const { stdout } = await ganglion("train", "--model", "my-gan.ts", ...small, "--dashboard", "off");
  expect(stdout).toMatch(/^done: 2 steps, 16 images/m);
  expect(await readdir(join(elsewhere, "runs"))).toEqual(["00001-my-gan-strokes"]);
});
