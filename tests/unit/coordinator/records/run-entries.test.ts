// A run folder may come from anywhere: what leads out of it, or is no file, is refused before anything is changed.
import { spawnSync } from "node:child_process";
import { lstat, mkdir, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { createRunFolder, openRunFolder } from "../../../../coordinator/records/run-folder.ts";
import type { RunPaths } from "../../../../coordinator/records/run-paths.ts";
import { replaceFile } from "../../../../coordinator/records/files/durable-file.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { isLinux } from "../../../support/linux.ts";

let out: string;
let run: RunPaths;
/** Somebody else's files. */
let outside: string;

beforeEach(async () => {
  out = await temporaryFolder();
  const folder = await createRunFolder({ out, name: "a" });
  await folder.release();
  run = folder;
  for (const file of [run.configFile, run.statsFile, run.ledgerFile, run.logFile])
    await writeFile(file, "{}\n");
  await writeFile(join(run.checkpoints, "000004.safetensors"), "");
  outside = join(out, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "000009.png"), "mine");
});

async function refusal(): Promise<string> {
  const before = (await readdir(run.path)).sort();
  const error: Error = await openRunFolder(run.path).then(
    () => new Error("it was opened"),
    (thrown: Error) => thrown,
  );
  expect((await readdir(run.path)).sort()).toEqual(before); // no lock either
  return error.message;
}

test("a run as it was left is opened, and so is one without its folders, which are not made yet", async () => {
  await (await openRunFolder(run.path)).release();
  for (const folder of [run.samples, run.checkpoints]) await rm(folder, { recursive: true });
  await (await openRunFolder(run.path)).release();
  expect((await readdir(run.path)).sort()).toEqual(["config.json", "ledger", "log.txt", "stats.jsonl"]);
});

describe.skipIf(!isLinux)("a link", () => {
  test.each(["samples", "checkpoints", "lock"])("in the place of %s is refused", async (name) => {
    await rm(join(run.path, name), { recursive: true, force: true });
    await symlink(outside, join(run.path, name));
    expect(await refusal()).toContain(
      `${join(run.path, name)} is a link where a folder of the run is due, and what a run writes and deletes must stay in its folder: put a folder named ${name} in its place, or remove it`,
    );
    expect(await readdir(outside)).toEqual(["000009.png"]);
  });

  test.each([
    "config.json",
    "fingerprints.json",
    "run.json",
    "stats.jsonl",
    "ledger",
    "status.json",
    "log.txt",
  ])("in the place of %s is refused, also one that leads nowhere", async (name) => {
    for (const target of ["000009.png", "nowhere"]) {
      await rm(join(run.path, name), { force: true });
      await symlink(join(outside, target), join(run.path, name));
      const isDangling = name === "config.json" && target === "nowhere"; // then it is no run at all
      expect(await refusal()).toContain(
        isDangling ? "is no run" : `${name} is a link where a file of the run is due`,
      );
    }
    expect(await readFile(join(outside, "000009.png"), "utf8")).toBe("mine");
  });

  test("in the place of a checkpoint is refused", async () => {
    await symlink(join(outside, "000009.png"), join(run.checkpoints, "000008.safetensors"));
    expect(await refusal()).toContain("000008.safetensors is a link where a file of the run is due");
  });

  test("to a device may stand for the log: nothing is there that it could spoil", async () => {
    await rm(run.logFile);
    await symlink("/dev/null", run.logFile);
    await (await openRunFolder(run.path)).release();
  });

  test("in the place of a temporary file is replaced, not followed", async () => {
    const victim = join(outside, "000009.png");
    await symlink(victim, join(run.path, ".config.json.tmp"));
    await replaceFile(run.configFile, "new");
    expect(await readFile(victim, "utf8")).toBe("mine");
    expect((await lstat(run.configFile)).isFile()).toBe(true);
    expect(await readFile(run.configFile, "utf8")).toBe("new");
  });
});

test.skipIf(!isLinux)("a pipe in the place of a file is refused and keeps nobody waiting", async () => {
  for (const file of [
    run.ledgerFile,
    run.statsFile,
    run.logFile,
    join(run.checkpoints, "000008.safetensors"),
  ]) {
    await rm(file, { force: true });
    spawnSync("mkfifo", [file]);
    expect(await refusal()).toContain(`${file} is a pipe where a file of the run is due`);
    await rm(file);
  }
});

test("a folder named as a checkpoint would stop the run at that step, and is refused", async () => {
  await mkdir(join(run.checkpoints, "000008.safetensors"));
  expect(await refusal()).toContain("000008.safetensors is a folder where a file of the run is due");
});
