// From a name to a data set.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { ACCEPTED_DATA } from "../../../../shared/data/formats.ts";
import { loadDataset } from "../../../../shared/data/load.ts";
import { pixelsOf } from "../../../support/load-source.ts";

test("reads a folder of IDX files", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-load-"));
  await writeFile(
    join(folder, "train-images-idx3-ubyte"),
    Buffer.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 8, 9),
  );
  const set = await loadDataset(folder, "train");
  await rm(folder, { recursive: true });
  expect([...pixelsOf(set)]).toEqual([8, 9]);
});

test("names what it does not know, and says what it would accept", async () => {
  await expect(loadDataset("stroks", "train")).rejects.toMatchObject({
    code: "DATA",
    message: `there is no data set "stroks": give ${ACCEPTED_DATA}`,
  });
  expect(ACCEPTED_DATA).toContain('"strokes" (built in)');
  expect(ACCEPTED_DATA).toContain("a folder with IDX files");
  await expect(loadDataset("", "train")).rejects.toMatchObject({ code: "DATA" });
  const file = fileURLToPath(import.meta.url);
  await expect(loadDataset(file, "train")).rejects.toThrow(
    /load\.test\.ts is a file, and a data set is a folder/,
  );
});
