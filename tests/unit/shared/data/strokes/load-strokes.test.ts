// The built-in digits, drawn once on a machine and read from its cache afterwards.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { STROKES_FINGERPRINTS, loadStrokes } from "../../../../../shared/data/strokes/load-strokes.ts";
import { drawStrokes } from "../../../../../shared/data/strokes/strokes.ts";
import { temporaryFolder } from "../../../../support/cli.ts";

const COPY = `${STROKES_FINGERPRINTS.test}.packed`;

test("draws strokes as drawStrokes does, reports progress and lets the event loop turn", async () => {
  const progress: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const set = await loadStrokes("test", {
    folder: null,
    onProgress: (done, total) => {
      expect(total).toBe(10_000);
      progress.push(done);
    },
  });
  clearInterval(timer);
  expect(progress).toEqual([2000, 4000, 6000, 8000, 10_000]);
  // Five chunks of tens of milliseconds, a turn after each: a blocked loop would give the timer no turn.
  expect(turns).toBeGreaterThanOrEqual(3);
  const { images, labels, ...rest } = set;
  expect(rest).toMatchObject({ name: "strokes", count: 10_000, fingerprint: STROKES_FINGERPRINTS.test });
  const drawn = await drawStrokes({ split: "test" });
  expect([Buffer.compare(images, drawn.images), labels]).toEqual([0, drawn.labels]);
});

test("the fingerprint of the train split is that of what is drawn", async () => {
  expect((await drawStrokes()).fingerprint).toBe(STROKES_FINGERPRINTS.train);
});

test("what was drawn once is read from the cache, and a damaged copy is drawn again", async () => {
  const folder = await temporaryFolder();
  const load = async (): Promise<{ drawn: number; fingerprint: string }> => {
    let drawn = 0;
    const { fingerprint } = await loadStrokes("test", { folder, onProgress: () => drawn++ });
    return { drawn, fingerprint };
  };
  const fingerprint = STROKES_FINGERPRINTS.test;
  expect(await load()).toEqual({ drawn: 5, fingerprint });
  expect(await readdir(join(folder, "data"))).toEqual([COPY]);
  expect(await load()).toEqual({ drawn: 0, fingerprint });

  const copy = await readFile(join(folder, "data", COPY));
  copy[copy.length - 1] ^= 1;
  await writeFile(join(folder, "data", COPY), copy);
  expect(await load()).toEqual({ drawn: 5, fingerprint });
  expect(await load()).toEqual({ drawn: 0, fingerprint });
});

test("a cache that cannot be written costs nothing but drawing again", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "in the way");
  expect((await loadStrokes("test", { folder: file })).fingerprint).toBe(STROKES_FINGERPRINTS.test);
});
