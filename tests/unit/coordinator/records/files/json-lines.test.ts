// JSON lines: nothing written is lost or torn, and a crashed run's file is cut back to its checkpoint.
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  openJsonLines,
  readJsonLines,
  truncateJsonLines,
} from "../../../../../coordinator/records/files/json-lines.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-lines-"));
  file = join(folder, "stats.jsonl");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test("lines come back in the order they were written, also after the file was opened again", async () => {
  const first = await openJsonLines(file);
  for (let step = 0; step < 1000; step++) first.write({ step });
  await first.flush();
  expect(await readJsonLines(file)).toHaveLength(1000);
  first.write({ step: 1000 });
  await first.close();
  const second = await openJsonLines(file);
  second.write({ step: 1001, text: "a\nb\u2028c" });
  await second.close();
  const lines = await readJsonLines(file);
  expect(lines).toHaveLength(1002);
  expect(lines.every((line, i) => "step" in line && line.step === i)).toBe(true);
  expect(lines[1001]).toEqual({ step: 1001, text: "a\nb\u2028c" });
});

test("a line that was written keeps the values it had then", async () => {
  const lines = await openJsonLines(file);
  const value = { step: 1 };
  lines.write(value);
  value.step = 2;
  await lines.close();
  expect(await readJsonLines(file)).toEqual([{ step: 1 }]);
});

test("a file that is not there has no lines", async () => {
  expect(await readJsonLines(file)).toEqual([]);
  expect(await truncateJsonLines(file, () => true)).toBe(0);
});

test("truncating drops what comes after the checkpoint and the torn last line, and keeps the other bytes", async () => {
  await writeFile(file, '{"step": 1}\n{"step":2,"x":"é"}\n{"step":3}\n{"step":4');
  const upTo2 = (line: object) => "step" in line && Number(line.step) <= 2;
  expect(await truncateJsonLines(file, upTo2)).toBe(2);
  expect(await readFile(file, "utf8")).toBe('{"step": 1}\n{"step":2,"x":"é"}\n');
  expect(await truncateJsonLines(file, upTo2)).toBe(0);
  expect(await readdir(folder)).toEqual(["stats.jsonl"]); // no temporary file is left
  const lines = await openJsonLines(file);
  lines.write({ step: 3 });
  await lines.close();
  expect(await readJsonLines(file)).toEqual([{ step: 1 }, { step: 2, x: "é" }, { step: 3 }]);
});

test("a line without its newline is torn, though it be whole JSON: the next one would run into it", async () => {
  await writeFile(file, '{"step":1}\n{"step":2}');
  expect(await readJsonLines(file)).toEqual([{ step: 1 }]);
  expect(await truncateJsonLines(file, () => true)).toBe(1);
  expect(await readFile(file, "utf8")).toBe('{"step":1}\n');
});

test("a damaged line in the middle is named", async () => {
  await writeFile(file, '{"step":1}\n{"st\n{"step":3}\n');
  await expect(readJsonLines(file)).rejects.toThrow(
    /^line 2 of .*stats\.jsonl is no JSON object but "\{\\"st"/,
  );
  await writeFile(file, "17\n");
  await expect(readJsonLines(file)).rejects.toMatchObject({ code: "RUN_FOLDER" });
});

test("a file that cannot be opened says so, and so does one that is closed", async () => {
  await expect(openJsonLines(join(folder, "no", "stats.jsonl"))).rejects.toThrow(
    /cannot write .*no such file/,
  );
  const lines = await openJsonLines(file);
  await lines.close();
  await lines.close();
  expect(() => lines.write({ step: 1 })).toThrow(/cannot write .*it is closed/);
});

test.skipIf(!existsSync("/dev/full"))(
  "a full disk is told at the next call, and nothing goes on as if",
  async () => {
    const lines = await openJsonLines("/dev/full"); // every write to it fails: the disk is full
    lines.write({ step: 1 });
    await expect(lines.flush()).rejects.toThrow(/cannot write \/dev\/full: .*no space left/);
    expect(() => lines.write({ step: 2 })).toThrow(/no space left/);
    await expect(lines.close()).rejects.toMatchObject({ code: "RUN_FOLDER" });
  },
);

test("lines longer than a read are whole", async () => {
  const text = "ü".repeat(200_000);
  await appendFile(file, `${JSON.stringify({ text })}\n${JSON.stringify({ text: "b" })}\n`);
  expect(await readJsonLines(file)).toEqual([{ text }, { text: "b" }]);
});
