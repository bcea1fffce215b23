// The table of data formats: who reads what.
import { join } from "node:path";
import { mkdir, writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { ACCEPTED_DATA, FORMATS, isBuiltIn } from "../../../../shared/data/formats.ts";
import { loadDataset, summarizeDataset } from "../../../../shared/data/load.ts";
import { drawStrokes } from "../../../support/load-source.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { idx } from "../../../support/idx-folder.ts";

async function readers(source: string): Promise<string[]> {
  const recognized = await Promise.all(FORMATS.map((format) => format.recognizes(source)));
  return FORMATS.filter((_, i) => recognized[i]).map(({ name }) => name);
}

test("a source goes to the first format that recognizes it, and a missing path to none", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "strokes"));
  await writeFile(join(folder, "strokes", "train-images-idx3-ubyte"), idx([1, 1, 1], [7]));
  expect(await readers("strokes")).toEqual(["strokes"]);
  expect(await readers(join(folder, "strokes"))).toEqual(["idx"]); // a path, not the name
  expect(await readers(join(folder, "missing"))).toEqual([]);
  await expect(loadDataset(join(folder, "missing"), "train")).rejects.toThrow(`: give ${ACCEPTED_DATA}`);
});

test("every machine makes a built-in data set, and reads every other", () => {
  expect(isBuiltIn("strokes")).toBe(true);
  expect(isBuiltIn("idx")).toBe(false); // a format, and no data set
  expect(isBuiltIn("mnist")).toBe(false); // downloaded where the run is started, and no node's business
  expect(isBuiltIn("/data/strokes")).toBe(false);
});

test("a summary says what reading gives", async () => {
  const { summary } = await summarizeDataset("strokes", "test");
  expect(await drawStrokes({ split: "test" })).toMatchObject(summary);
});
