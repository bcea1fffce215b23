// The newest line of a file that is being written, whatever its size.
import { appendFile, mkdtemp, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findLastJsonLine } from "../../../../../coordinator/records/files/json-lines-tail.ts";

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ganglion-tail-"));
  file = join(folder, "stats.jsonl");
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const stepOf = (value: unknown): number | null => {
  const { step } = value as { step?: number };
  return step ?? null;
};

async function newest(): Promise<number | null> {
  return (await findLastJsonLine(file, stepOf)).line;
}

test("the last whole line is found: one that is being written, and one of another kind, are passed over", async () => {
  await writeFile(file, '{"step":1}\n{"step":2}\n{"evaluation":{}}\n{"step":3');
  expect(await newest()).toBe(2);
  await appendFile(file, "}\n");
  expect(await newest()).toBe(3);
  await writeFile(file, '{"step":1}\nnot JSON\n\n');
  expect(await newest()).toBe(1);
});

test("nothing is found where there is no line, or no file", async () => {
  for (const content of ["", "\n", '{"step":1}', '{"evaluation":{}}\n']) {
    await writeFile(file, content);
    expect(await newest(), JSON.stringify(content)).toBeNull();
  }
  await rm(file);
  expect(await findLastJsonLine(file, stepOf)).toEqual({ line: null, writtenAt: 0 });
});

test.each([65_535, 65_536, 65_537, 1_000_000])("a last line of %i bytes is found whole", async (size) => {
  const line = JSON.stringify({ step: 7, text: "" });
  const padded = JSON.stringify({ step: 7, text: "x".repeat(size - line.length - 1) });
  await writeFile(file, `{"step":6}\n${padded}\n`);
  expect(padded.length + 1).toBe(size);
  expect(await newest()).toBe(7);
  await appendFile(file, '{"st');
  expect(await newest()).toBe(7);
});

test("of a file of four gigabytes only the end is read, and when it was written is told", async () => {
  await writeFile(file, "");
  await truncate(file, 4 * 2 ** 30); // sparse: it takes no room, but no Buffer holds it
  await appendFile(file, '\n{"step":8}\n');
  await utimes(file, 100, 100);
  expect(await findLastJsonLine(file, stepOf)).toEqual({ line: 8, writtenAt: 100_000 });
});
