// The built-in digits, drawn once on a machine and read from its cache afterwards.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDataset } from "../../../../../shared/data/load.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { drawStrokes } from "../../../../support/load-source.ts";

/** Nodes of other versions, and resumed runs, compare them. */
const FINGERPRINTS = {
  train: "d96515631edeffee509ecd99d93f54b95e4d6f27a8ca1269c0671f1809f18faf",
  test: "ad6167f22f47e9d3b3ee47e720e9b3642969bf29368512ec834a0eca1996f009",
} as const;

test("draws what it always drew, reports progress and lets the event loop turn", async () => {
  const progress: number[] = [];
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const set = await loadDataset("strokes", "test", {
    folder: null,
    onProgress: (doing, done, total) => {
      expect([doing, total]).toEqual(["drawing", 10_000]);
      progress.push(done);
    },
  });
  clearInterval(timer);
  expect(progress).toEqual([2000, 4000, 6000, 8000, 10_000]);
  // Five chunks of tens of milliseconds, a turn after each: a blocked loop would give the timer no turn.
  expect(turns).toBeGreaterThanOrEqual(3);
  expect(set).toMatchObject({ name: "strokes", count: 10_000, fingerprint: FINGERPRINTS.test });
  expect((await drawStrokes()).fingerprint).toBe(FINGERPRINTS.train);
});

test("what was drawn once is read from the cache, and a damaged copy is drawn again", async () => {
  const folder = await temporaryFolder();
  const load = async (): Promise<{ drawn: number; fingerprint: string }> => {
    let drawn = 0;
    const { fingerprint } = await loadDataset("strokes", "test", { folder, onProgress: () => drawn++ });
    return { drawn, fingerprint };
  };
  const fingerprint = FINGERPRINTS.test;
  expect(await load()).toEqual({ drawn: 5, fingerprint });
  expect(await load()).toEqual({ drawn: 0, fingerprint });

  const file = join(folder, "data", `${fingerprint}.packed`);
  const copy = await readFile(file);
  copy[copy.length - 1] ^= 1;
  await writeFile(file, copy);
  expect(await load()).toEqual({ drawn: 5, fingerprint });
  expect(await load()).toEqual({ drawn: 0, fingerprint });
});

test("a cache that cannot be written costs a sentence and drawing again", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "in the way");
  const said: string[] = [];
  const set = await loadDataset("strokes", "test", { folder: file, say: (sentence) => said.push(sentence) });
  expect(set.fingerprint).toBe(FINGERPRINTS.test);
  expect(said).toEqual([expect.stringMatching(/cannot be kept in .*ENOTDIR.*GANGLION_CACHE/)]);
});
