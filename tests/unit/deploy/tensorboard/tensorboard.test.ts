// Event files for TensorBoard: their bytes, and what a resumed run makes of those of the sessions before.
import { appendFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunEvent } from "../../../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../../../coordinator/dashboard/history.ts";
import { encodeImageGrid } from "../../../../coordinator/records/sample-grid.ts";
import { encodeEvent, stepOfEvent } from "../../../../deploy/tensorboard/event.ts";
import { writeEventFiles } from "../../../../deploy/tensorboard/event-files.ts";
import { crc32c, encodeRecord, recordsIn } from "../../../../deploy/tensorboard/record.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { stepEvent } from "../../coordinator/dashboard/support.ts";

const PIXELS = new Float32Array(4 * 2 * 2 * 3).map((_, i) => i / 24 - 1);
/** Read by TensorBoard's own reader, see tests/models/tensorboard.test.ts. */
const FIXTURE = new URL("../../../fixtures/tensorboard/events.bin", import.meta.url);

test("the checksum is that of RFC 3720", () => {
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
});

test("writes the bytes that TensorBoard has read", async () => {
  const png = await encodeImageGrid({ images: PIXELS, imageShape: [2, 2, 3] });
  const records = [
    encodeEvent({ kind: "begin", seconds: 1_800_000_000.5 }),
    encodeEvent({
      kind: "scalars",
      seconds: 1_800_000_001,
      step: 300,
      values: { "loss/generator": 0.5, "loss/discriminator": Number.NaN },
    }),
    encodeEvent({ kind: "picture", seconds: 1_800_000_002, step: 2 ** 33, tag: "samples", png }),
  ].map(encodeRecord);
  expect(Buffer.concat(records).equals(await readFile(FIXTURE))).toBe(true);
});

test("a run's steps, evaluations and grids go into one file", async () => {
  const path = await temporaryFolder();
  const png = join(path, "000002.png");
  await writeFile(png, await encodeImageGrid({ images: PIXELS, imageShape: [2, 2, 3] }));
  await session(path, 0, [
    stepEvent(1),
    stepEvent(2),
    { type: "samples", step: 2, file: png, url: "" },
    { type: "evaluation", step: 2, metrics: { fid: 12 } },
  ]);
  expect(await stepsIn(path)).toEqual([[0, 1, 2, 2, 2]]);
});

test("a resumed run goes on in another file, and no step is there twice", async () => {
  const path = await temporaryFolder();
  await session(path, 0, [1, 2, 3, 4].map(stepEvent));
  const [name] = await readdir(join(path, "tensorboard"));
  await appendFile(join(path, "tensorboard", name), encodeRecord(encodeEvent({ kind: "scalars", seconds: 9, step: 5, values: {} })).subarray(0, 20)); // prettier-ignore
  await session(path, 2, [3, 4, 5].map(stepEvent));
  expect(await stepsIn(path)).toEqual([[0, 1, 2], [0, 3, 4, 5]]); // prettier-ignore
  await session(path, 0, [stepEvent(1)]);
  expect((await stepsIn(path)).flat().filter((step) => step > 0)).toEqual([1]);
});

test("a session that makes no step leaves the files as they were", async () => {
  const path = await temporaryFolder();
  await session(path, 0, [1, 2, 3].map(stepEvent));
  await session(path, 1, []);
  expect(await stepsIn(path)).toEqual([[0, 1, 2, 3]]);
});

test("where it cannot write, it says so once", async () => {
  const path = await temporaryFolder();
  await writeFile(join(path, "tensorboard"), "");
  expect(await session(path, 0, [stepEvent(1)])).toHaveLength(1);
  const other = await temporaryFolder();
  await mkdir(join(other, "tensorboard", "x.tfevents.1"), { recursive: true });
  expect(await session(other, 0, [stepEvent(1)])).toHaveLength(1);
});

/** What was told to fail. */
async function session(path: string, fromStep: number, events: readonly RunEvent[]): Promise<string[]> {
  const history = new EventHistory();
  const failures: string[] = [];
  const files = writeEventFiles({
    folder: { path },
    history,
    fromStep,
    failing: (cause) => failures.push(cause),
  });
  for (const event of events) history.publish(event);
  await files.close();
  return failures;
}

/** Of each file, by name; what is in no whole record is an error. */
async function stepsIn(path: string): Promise<number[][]> {
  const folder = join(path, "tensorboard");
  const names = (await readdir(folder)).sort(
    (a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)),
  );
  return await Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      const records = [...recordsIn(bytes)];
      expect(records.at(-1)?.end).toBe(bytes.length);
      return records.map(({ content }) => stepOfEvent(content));
    }),
  );
}
