// Lines that a run can do without: left out while they cannot be written, and never a torn one between whole ones.
import { execFile } from "node:child_process";
import { mkdir, readFile, rmdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readJsonLines } from "../../../../../coordinator/records/files/json-lines.ts";
import {
  type LenientJsonLines,
  openLenientJsonLines,
} from "../../../../../coordinator/records/files/lenient-json-lines.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { isLinux } from "../../../../support/linux.ts";

const causes: string[] = [];
const damaged: number[] = [];
function openLines(file: string, keep: (value: object) => boolean = () => true): Promise<LenientJsonLines> {
  causes.length = damaged.length = 0;
  return openLenientJsonLines({
    file,
    keep,
    failing: (cause) => void causes.push(cause),
    damaged: (lines) => void damaged.push(lines),
  });
}

test("what is to be dropped goes first, and new lines follow", async () => {
  const file = join(await temporaryFolder(), "stats.jsonl");
  await writeFile(file, '{"step":1}\n{"step":2}\n{"st');
  const lines = await openLines(file, (line) => (line as { step: number }).step < 2);
  lines.write({ step: 3 });
  await lines.close();
  expect(await readJsonLines(file)).toEqual([{ step: 1 }, { step: 3 }]);
  expect(causes).toEqual([]);
});

test("lines that are no JSON objects are dropped, and how many is told", async () => {
  const file = join(await temporaryFolder(), "stats.jsonl");
  await writeFile(file, '{"step":1}\nnonsense\n3\n{"step":2}\n');
  await (await openLines(file)).close();
  expect(await readJsonLines(file)).toEqual([{ step: 1 }, { step: 2 }]);
  expect(damaged).toEqual([2]);
});

test("a file that cannot be opened is told once, and written as soon as it can be", async () => {
  const file = join(await temporaryFolder(), "stats.jsonl");
  await mkdir(file); // in its way
  const lines = await openLines(file);
  lines.write({ step: 1 });
  await lines.flush();
  await rmdir(file);
  lines.write({ step: 2 });
  await lines.flush();
  lines.write({ step: 3 });
  await lines.close();
  expect(await readJsonLines(file)).toEqual([{ step: 2 }, { step: 3 }]);
  expect(causes).toEqual([expect.stringContaining("EISDIR")]);
});

test.runIf(isLinux)("a device is no file of lines: it is neither read nor waited for", async () => {
  const file = join(await temporaryFolder(), "stats.jsonl");
  await symlink("/dev/zero", file);
  const lines = await openLines(file);
  lines.write({ step: 1 });
  await lines.close();
  expect(causes).toEqual(["it is no file"]);
});

test("a disk that fills leaves whole lines, and those that fit go on", async () => {
  const file = join(await temporaryFolder(), "stats.jsonl");
  const built = fileURLToPath(
    new URL("../../../../../dist/coordinator/records/files/lenient-json-lines.js", import.meta.url),
  );
  const script = `
    import { openLenientJsonLines } from ${JSON.stringify(built)};
    const causes = [];
    const lines = await openLenientJsonLines({ file: process.argv[1], keep: () => true, failing: (cause) => causes.push(cause) });
    const write = async (text) => { lines.write({ text }); await lines.flush(); };
    for (const size of [300, 900, 900, 10]) await write("x".repeat(size));
    await lines.close();
    process.stdout.write(causes.join("; "));`;
  // The shell's limit of a file's size is a disk that is full: of one block, which is 512 or 1024 bytes.
  const shell = [
    "-c",
    'ulimit -f 1; exec "$0" "$@"',
    process.execPath,
    "--input-type=module",
    "-e",
    script,
    file,
  ];
  const { stdout } = await promisify(execFile)("sh", shell);
  expect(stdout).toMatch(/^EFBIG[^;]*$/); // once
  const sizes = (await readJsonLines(file)).map((line) => (line as { text: string }).text.length);
  expect(sizes).toEqual([300, 10]);
  expect((await readFile(file, "utf8")).endsWith("}\n")).toBe(true);
});
