// Run folders: numbered once, found again, and never used by two coordinators.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createRunFolder,
  findRun,
  findRunIn,
  listRunFolders,
  openRunFolder,
  type RunFolder,
} from "../../../../coordinator/records/run-folder.ts";
import { readLock } from "../../../../coordinator/records/run-lock.ts";
import { isLinux } from "../../../support/linux.ts";

let out: string;

beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "ganglion-runs-"));
});

afterEach(async () => {
  await rm(out, { recursive: true, force: true });
});

describe("createRunFolder", () => {
  test("takes the number after the highest, and makes the folders", async () => {
    for (const name of ["00002-a", "00011-b", "12-no-run", "notes"]) await mkdir(join(out, name));
    const run = await createRunFolder({ out, name: "dcgan-mnist" });
    expect(run.name).toBe("00012-dcgan-mnist");
    expect(run.path).toBe(join(out, "00012-dcgan-mnist"));
    expect((await readdir(run.path)).sort()).toEqual(["checkpoints", "lock", "samples"]);
    expect(run.statsFile).toBe(join(run.path, "stats.jsonl"));
    await run.release();
    expect((await readdir(run.path)).sort()).toEqual(["checkpoints", "samples"]);
  });

  test("makes the parent folders, and a file name of any name", async () => {
    const first = await createRunFolder({
      out: join(out, "new", "runs"),
      name: "../../my set: größe.tar.gz",
    });
    expect(first.path).toBe(join(out, "new", "runs", "00001-my-set-gr-e.tar.gz"));
    const second = await createRunFolder({ out: join(out, "new", "runs"), name: "…" });
    expect(second.name).toBe("00002-run");
  });

  test("gives each number once to coordinators that start at the same moment", async () => {
    const names = Array.from({ length: 60 }, (_, i) => `run-${i % 7}`);
    const runs = await Promise.all(names.map((name) => createRunFolder({ out, name })));
    const numbers = runs.map((run) => Number.parseInt(run.name, 10)).sort((a, b) => a - b);
    expect(numbers).toEqual(names.map((_, i) => i + 1));
    expect((await readdir(out)).sort()).toEqual(runs.map((run) => run.name).sort()); // nothing else is left
  });

  test("says which folder cannot be written", async () => {
    await writeFile(join(out, "file"), "");
    const made = createRunFolder({ out: join(out, "file"), name: "a" });
    await expect(made).rejects.toMatchObject({ code: "CONFIG", exitCode: 2 });
    await expect(made).rejects.toThrow(/cannot make a run folder in .*file: .*choose another with --out/);
  });
});

test.skipIf(!isLinux)("a file system that makes no folders is told, not waited for", async () => {
  const made = createRunFolder({ out: "/proc/runs/here", name: "a" });
  await expect(made).rejects.toThrow(
    /cannot make a run folder in \/proc\/runs\/here: .*choose another with --out/,
  );
});

describe("openRunFolder", () => {
  test("refuses what is no run as the user's mistake", async () => {
    const error = { code: "CONFIG", exitCode: 2 };
    await expect(openRunFolder(join(out, "missing"))).rejects.toMatchObject(error);
    await expect(openRunFolder(out)).rejects.toThrow(/is no run: .*config\.json.* such as runs\/00001-…/);
    const { path } = await makeRun();
    for (const near of [out, join(path, "checkpoints"), join(path, "checkpoints", "000040.safetensors")])
      await expect(openRunFolder(near)).rejects.toThrow(`name a folder that train has made, such as ${path}`);
    await mkdir(join(out, "config.json"));
    await expect(findRun(out)).rejects.toMatchObject(error);
  });

  test("refuses a run that a coordinator is using, and names its pid", async () => {
    const run = await makeRun();
    const opened = openRunFolder(run.path);
    await expect(opened).rejects.toMatchObject({ code: "RUN_FOLDER" });
    await expect(opened).rejects.toThrow(
      new RegExp(`in use by pid ${process.pid} on this machine: stop that`),
    );
    expect((await findRun(run.path)).path).toBe(run.path); // reading needs no lock
    await run.release();
    const again = await openRunFolder(run.path);
    await again.confirm();
    expect((await readdir(run.path)).sort()).toEqual(["checkpoints", "config.json", "lock", "samples"]);
  });

  test("refuses while another process lives, and takes over when it was killed", async () => {
    const other = spawn(process.execPath, ["-e", "process.stdin.resume(); console.log(1)"]); // ends with this process
    await once(other.stdout, "data");
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid: other.pid, host: hostname(), start: null });
    await expect(openRunFolder(run.path)).rejects.toThrow(new RegExp(`in use by pid ${other.pid}`));
    const exit = once(other, "exit");
    other.kill("SIGKILL");
    await exit;
    const resumed = await openRunFolder(run.path);
    await resumed.confirm();
    expect(await readdir(join(run.path, "lock"))).toHaveLength(1);
  });

  test("of many that find a dead owner, one takes over", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid: dead.pid, host: hostname(), start: null });
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => openRunFolder(run.path)));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
  });

  test.skipIf(!isLinux)("knows a pid that came back from the one that had the lock", async () => {
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid: process.pid, host: hostname(), start: "1" });
    await (await openRunFolder(run.path)).confirm();
  });

  test.skipIf(!isLinux)("takes over from a process that is dead but not yet waited for", async () => {
    const stdio = ["pipe", "pipe", "inherit", "pipe"] as const;
    const parent = spawn("sh", ["-c", "cat <&3 & echo $!; exec cat"], { stdio: [...stdio] });
    const [output]: unknown[] = await once(parent.stdout!, "data");
    const pid = Number(String(output));
    parent.stdin!.write("are you cat?");
    await once(parent.stdout!, "data"); // it is, no shell any more, and waits for no child
    (parent.stdio[3] as Writable).end();
    await expect.poll(() => readFile(`/proc/${pid}/stat`, "utf8")).toMatch(/ Z /);
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid, host: hostname(), start: null });
    await (await openRunFolder(run.path)).confirm();
    const exit = once(parent, "exit");
    parent.stdin!.end();
    await exit;
  });

  test("does not guess about another machine, nor about a lock it cannot read", async () => {
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid: 1, host: "elsewhere", start: null });
    await expect(openRunFolder(run.path)).rejects.toThrow(/pid 1 on elsewhere .*or delete .*lock/);
    await writeFile(join(run.path, "lock", "x.json"), "");
    await expect(openRunFolder(run.path)).rejects.toThrow(/cannot be read: .*delete .*lock/);
  });
});

describe("readLock", () => {
  test("tells this process while it holds the lock, and that the lock is free before and after", async () => {
    const before = Date.now();
    expect(await readLock(out)).toEqual({ kind: "free" });
    const run = await makeRun();
    const state = await readLock(run.path);
    expect(state).toEqual({ kind: "held", pid: process.pid, since: expect.any(Number) });
    const { since } = state as { since: number };
    expect(since).toBeGreaterThan(before - 1000); // clocks of file systems are coarse
    expect(since).toBeLessThan(Date.now() + 1000);
    await run.release();
    expect(await readLock(run.path)).toEqual({ kind: "free" });
  });

  test("leaves a dead owner's lock as it is, and tells its pid", async () => {
    const dead = spawn(process.execPath, ["-e", ""]);
    await once(dead, "exit");
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid: dead.pid, host: hostname(), start: null });
    for (let times = 0; times < 2; times++)
      expect(await readLock(run.path)).toMatchObject({ kind: "dead", pid: dead.pid });
  });

  test("does not guess about another machine, nor about a lock it cannot read", async () => {
    const run = await makeRun();
    await run.release();
    await writeLock(run.path, { pid: 1, host: "elsewhere", start: null });
    expect(await readLock(run.path)).toMatchObject({ kind: "elsewhere", pid: 1, host: "elsewhere" });
    await writeFile(join(run.path, "lock", "x.json"), '{"pid":');
    expect(await readLock(run.path)).toEqual({ kind: "unreadable" });
  });
});

describe("the runs in a folder", () => {
  test("are listed the newest first, also while they are prepared, and nothing else is", async () => {
    expect(await listRunFolders(join(out, "missing"))).toEqual([]);
    for (const name of ["00002-b", "00010-c", "own"]) {
      await mkdir(join(out, name));
      await writeFile(join(out, name, "config.json"), "");
    }
    await mkdir(join(out, "00011-no-run"));
    await writeFile(join(out, "config.json"), "");
    const prepared = await createRunFolder({ out, name: "d" });
    const names = async (): Promise<string[]> => (await listRunFolders(out)).map(({ name }) => name);
    expect(await names()).toEqual(["00012-d", "00010-c", "00002-b", "own"]);
    await prepared.release();
    expect(await names()).toEqual(["00010-c", "00002-b", "own"]);
    const file = listRunFolders(join(out, "config.json"));
    await expect(file).rejects.toMatchObject({ code: "CONFIG" });
    await expect(file).rejects.toThrow(/cannot list the runs in .*config\.json: .*--out/);
  });

  test("are found by folder, name and number, and what is none of them is refused with all three", async () => {
    const { path, name } = await makeRun();
    await mkdir(join(out, "own"));
    await writeFile(join(out, "own", "config.json"), "");
    expect((await findRunIn(out, "own")).name).toBe("own");
    for (const wanted of [path, name, "1", "00001"]) expect((await findRunIn(out, wanted)).path).toBe(path);
    expect((await findRunIn(join(out, "other"), path)).path).toBe(path);
    for (const wanted of ["2", "-1", "0", "b", out]) {
      const found = findRunIn(out, wanted);
      await expect(found).rejects.toMatchObject({ code: "CONFIG" });
      await expect(found).rejects.toThrow(
        `${wanted} is no run, neither as a folder nor as a name or number in ${out}`,
      );
    }
  });
});

test("a coordinator whose lock was taken away commits nothing and leaves its successor's lock alone", async () => {
  const stale = await makeRun();
  await rm(join(stale.path, "lock"), { recursive: true });
  await expect(stale.confirm()).rejects.toThrow(/lost the lock/);
  const successor = await openRunFolder(stale.path);
  await expect(stale.confirm()).rejects.toMatchObject({ code: "RUN_FOLDER" });
  await stale.release();
  await successor.confirm();
  await successor.release();
  await successor.release();
  await expect(access(join(stale.path, "lock"))).rejects.toThrow(/ENOENT/);
});

async function makeRun(): Promise<RunFolder> {
  const run = await createRunFolder({ out, name: "a" });
  await writeFile(run.configFile, "{}");
  return run;
}

/** As another coordinator would have left it. */
async function writeLock(path: string, owner: object): Promise<void> {
  await mkdir(join(path, "lock"));
  await writeFile(join(path, "lock", "x.json"), JSON.stringify(owner));
}
