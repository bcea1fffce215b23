// Packed data sets and their cache: the same bytes come back, and nothing else ever does.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { cacheFolder, cachedDataset } from "../../../../shared/data/cache.ts";
import { createDataset } from "../../../../shared/data/dataset.ts";
import {
  packDataset,
  packedSizeBytes,
  readPackedDataset,
  unpackDataset,
} from "../../../../shared/data/packed.ts";
import { sharedLabels } from "../../../../shared/data/shared-memory.ts";
import { drawStrokes } from "../../../../shared/data/strokes/strokes.ts";
import { temporaryFolder } from "../../../support/cli.ts";
import { randomDataset } from "../../../support/small-run.ts";

const LABELLED = await drawStrokes({ count: 30 });
const PLAIN = await randomDataset(7, [5, 3, 3]);
const SPARSE = await withLabels([9, 1, 4, 9, 9, 1, 4]);
const WIDE = await withLabels([0, 70_000, 1, 0, 300, 1, 300]);

function withLabels(labels: readonly number[]): Promise<typeof PLAIN> {
  return createDataset({ ...PLAIN, labels: sharedLabels(labels) });
}

async function* pieces(dataset: typeof PLAIN): AsyncGenerator<Uint8Array> {
  yield* packDataset(dataset);
}

async function packedFile(dataset: typeof PLAIN): Promise<string> {
  const file = join(await temporaryFolder(), "data.packed");
  await writeFile(file, Buffer.concat([...packDataset(dataset)]));
  return file;
}

test.each([
  ["with labels", LABELLED],
  ["without labels, in colour", PLAIN],
  ["with labels that are not 0 … C - 1", SPARSE],
  ["with labels wider than a byte", WIDE],
])("a data set %s comes back as it went, in shared memory", async (_, dataset) => {
  const file = await packedFile(dataset);
  expect((await readFile(file)).length).toBe(packedSizeBytes(dataset));
  const back = await readPackedDataset(file, dataset.fingerprint);
  expect(back).toEqual(dataset);
  expect(back.images.buffer).toBeInstanceOf(SharedArrayBuffer);
});

/** The packed file with another header. */
function withHeader(dataset: typeof PLAIN, header: object): Buffer {
  const packed = Buffer.concat([...packDataset(dataset)]);
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.from(packed.subarray(0, 12));
  start.writeUInt32LE(text.length, 8);
  return Buffer.concat([start, text, packed.subarray(12 + packed.readUInt32LE(8))]);
}

test("a file of a program that counted classes up to the largest label is read by the labels themselves", async () => {
  const file = join(await temporaryFolder(), "old.packed");
  const old = { name: "random", count: 7, imageShape: [5, 3, 3], classes: 10, labelled: true };
  await writeFile(file, withHeader(SPARSE, old));
  expect(await readPackedDataset(file, SPARSE.fingerprint)).toEqual(SPARSE);
});

test("only labels that are no class numbers change the file's header", () => {
  const headerOf = (dataset: typeof PLAIN): unknown => {
    const [head] = packDataset(dataset);
    return JSON.parse(Buffer.from(head.subarray(12)).toString());
  };
  const strokes = { name: "strokes", count: 30, imageShape: [28, 28, 1], classes: 10, labelled: true };
  expect(headerOf(LABELLED)).toEqual(strokes);
  expect(headerOf(SPARSE)).toMatchObject({ classes: 3, labelBytes: 1 });
  expect(headerOf(WIDE)).toMatchObject({ classes: 4, labelBytes: 4 });
});

test("a file that is damaged anywhere, cut, longer, or another data set, is refused", async () => {
  const good = await readFile(await packedFile(PLAIN));
  const file = join(await temporaryFolder(), "bad.packed");
  const refused = async (bytes: Uint8Array, fingerprint = PLAIN.fingerprint): Promise<void> => {
    await writeFile(file, bytes);
    await expect(readPackedDataset(file, fingerprint)).rejects.toMatchObject({ code: "DATA" });
  };
  const imagesAt = good.length - PLAIN.images.length;
  for (const at of [0, 8, 11, 14, imagesAt, good.length - 1]) {
    const flipped = Buffer.from(good);
    flipped[at] ^= 0x81;
    await refused(flipped);
  }
  for (const length of [0, 5, 11, 20, good.length - 1]) await refused(good.subarray(0, length));
  await refused(Buffer.concat([good, Buffer.from([0])]));
  await refused(good, LABELLED.fingerprint);
  const header = '{"name":"x","count":1e15,"imageShape":[9,9,1],"classes":0,"labelled":false}';
  const claimed = async function* (): AsyncGenerator<Uint8Array> {
    yield claim;
  };
  const claim = Buffer.from(`GANGDATA\0\0\0\0${header}`);
  claim.writeUInt32LE(header.length, 8);
  await refused(claim); // a claim of 81 PB allocates nothing
  await expect(unpackDataset(claimed(), PLAIN.fingerprint)).rejects.toMatchObject({ code: "DATA" });
});

test("the cache fetches once, again where its copy is damaged, and leaves no part behind", async () => {
  const folder = await temporaryFolder();
  const said: string[] = [];
  let fetches = 0;
  const fetch = (fingerprint: string): AsyncIterable<Uint8Array> => {
    fetches++;
    expect(fingerprint).toBe(PLAIN.fingerprint);
    return pieces(PLAIN);
  };
  const get = () =>
    cachedDataset(PLAIN.fingerprint, fetch, { folder, say: (sentence) => said.push(sentence) });
  expect(await get()).toEqual(PLAIN);
  expect(await get()).toEqual(PLAIN);
  expect(fetches).toBe(1);
  const file = join(folder, "data", `${PLAIN.fingerprint}.packed`);
  const damaged = await readFile(file);
  damaged[damaged.length - 1] ^= 1;
  await writeFile(file, damaged);
  expect(await get()).toEqual(PLAIN);
  expect([fetches, said.length]).toEqual([2, 1]);
  expect(await readdir(join(folder, "data"))).toEqual([`${PLAIN.fingerprint}.packed`]);
});

test("the cache keeps nothing of what is another data set, or breaks off", async () => {
  const folder = await temporaryFolder();
  const options = { folder };
  await expect(cachedDataset(PLAIN.fingerprint, () => pieces(LABELLED), options)).rejects.toMatchObject({
    code: "DATA",
  });
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("GANG");
    throw new Error("the line is dead");
  }
  await expect(cachedDataset(PLAIN.fingerprint, broken, options)).rejects.toThrow("the line is dead");
  expect(await readdir(join(folder, "data"))).toEqual([]);
});

test("the cache is where the user says, else where the system keeps caches", () => {
  expect(cacheFolder({ GANGLION_CACHE: "/a", XDG_CACHE_HOME: "/b" })).toBe("/a");
  expect(cacheFolder({ XDG_CACHE_HOME: "/b" })).toBe("/b/ganglion");
  expect(cacheFolder({})).toMatch(/\.cache\/ganglion$/);
});

test("a cache that cannot be used costs a sentence and the next fetch, not the data", async () => {
  const file = join(await temporaryFolder(), "file");
  await writeFile(file, "");
  const folders: readonly (readonly [folder: string | null, cause: string])[] = [
    [file, "ENOTDIR"],
    [join(file, "under", "it"), "ENOTDIR"],
    ["/dev/null", "ENOTDIR"],
    ["/proc/x", "ENOENT"], // where mkdir's own way of making parents never returns
    [null, "no home folder"],
  ];
  for (const [folder, cause] of folders) {
    const said: string[] = [];
    const say = (sentence: string): void => void said.push(sentence);
    expect(await cachedDataset(PLAIN.fingerprint, () => pieces(PLAIN), { folder, say })).toEqual(PLAIN);
    expect(said).toEqual([expect.stringMatching(new RegExp(`${cause}.*in memory.*GANGLION_CACHE`))]);
  }
});

test("a copy that cannot be read, or replaced, is fetched again", async () => {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "data", `${PLAIN.fingerprint}.packed`, "full"), { recursive: true });
  const said: string[] = [];
  const say = (sentence: string): void => void said.push(sentence);
  expect(await cachedDataset(PLAIN.fingerprint, () => pieces(PLAIN), { folder, say })).toEqual(PLAIN);
  expect(said).toEqual([
    expect.stringContaining("EISDIR: illegal operation on a directory, read): it is fetched again"),
    expect.stringMatching(/cannot be kept in .*EISDIR.*in memory/),
  ]);
  expect(await readdir(join(folder, "data"))).toEqual([`${PLAIN.fingerprint}.packed`]); // no part
});

test("a user without a home has no cache by default", () => {
  vi.spyOn(os, "userInfo").mockImplementation(() => {
    throw new Error("no entry in passwd");
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  expect(cacheFolder({ HOME: "" })).toBeNull();
  expect(cacheFolder({ HOME: "/home/me" })).toBe("/home/me/.cache/ganglion");
  expect(cacheFolder({ XDG_CACHE_HOME: "/b" })).toBe("/b/ganglion");
});
