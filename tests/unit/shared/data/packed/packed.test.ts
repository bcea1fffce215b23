// Packed data sets and their cache: the same bytes come back, and nothing else ever does.
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { cacheFolder } from "../../../../../shared/data/packed/cache.ts";
import { GanglionError } from "../../../../../shared/errors.ts";
import { createDataset } from "../../../../../shared/data/dataset.ts";
import { openImages } from "../../../../../shared/data/images.ts";
import { type FetchData, cachedDataset } from "../../../../../shared/data/packed/fetch.ts";
import { packDataset, packedSizeBytes } from "../../../../../shared/data/packed/packed.ts";
import { openPackedDataset, unpackDataset } from "../../../../../shared/data/packed/packed-file.ts";
import { sharedLabels } from "../../../../../shared/data/shared-memory.ts";
import { drawStrokes, pixelsOf } from "../../../../support/load-source.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { randomDataset } from "../../../../support/small-run.ts";

const LABELLED = await drawStrokes({ count: 30 });
const PLAIN = await randomDataset(7, [5, 3, 3]);
const SPARSE = await withLabels([9, 1, 4, 9, 9, 1, 4]);
const WIDE = await withLabels([0, 70_000, 1, 0, 300, 1, 300]);

function withLabels(labels: readonly number[]): Promise<typeof PLAIN> {
  return createDataset({ ...PLAIN, labels: sharedLabels(labels) });
}

function pieces(dataset: typeof PLAIN, from = 0): AsyncGenerator<Uint8Array> {
  return packDataset(dataset, from);
}

async function packed(dataset: typeof PLAIN): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const piece of packDataset(dataset)) parts.push(Buffer.from(piece)); // it may be written anew
  return Buffer.concat(parts);
}

async function packedFile(dataset: typeof PLAIN): Promise<string> {
  const file = join(await temporaryFolder(), "data.packed");
  await writeFile(file, await packed(dataset));
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
  const back = await openPackedDataset(file, dataset.fingerprint);
  expect(back).toEqual(dataset);
  expect(pixelsOf(back).buffer).toBeInstanceOf(SharedArrayBuffer);
});

test("images beyond the bound stay in the file, with the same pixels, labels and fingerprint", async () => {
  const file = await packedFile(LABELLED);
  const stored = await openPackedDataset(file, LABELLED.fingerprint, { memoryBytes: 100 });
  expect({ ...stored, images: null }).toEqual({ ...LABELLED, images: null });
  expect(stored.images).toMatchObject({ kind: "file", file });
  const size = 28 * 28;
  const reader = openImages(stored.images, size);
  for (const id of [0, 29, 7, 7])
    expect(Buffer.compare(reader.read(id), pixelsOf(LABELLED).subarray(id * size, (id + 1) * size))).toBe(0);
  reader.close();
  expect((await packed(stored)).equals(await packed(LABELLED))).toBe(true);
});

test("the packed bytes begin anywhere", async () => {
  const whole = await packed(LABELLED);
  for (const from of [1, 4095, 4096, 4097, whole.length - 30, whole.length - 1]) {
    const parts: Buffer[] = [];
    for await (const piece of packDataset(LABELLED, from)) parts.push(Buffer.from(piece));
    expect(Buffer.concat(parts).equals(whole.subarray(from))).toBe(true);
  }
});

test("more classes than a byte counts keep their labels", async () => {
  const many = await withLabels([299, 0, 256, 255, 1, 2, 3]);
  expect(await openPackedDataset(await packedFile(many), many.fingerprint)).toEqual(many);
});

test("a file that is damaged anywhere, cut, longer, or another data set, is refused", async () => {
  const good = await readFile(await packedFile(PLAIN));
  const file = join(await temporaryFolder(), "bad.packed");
  const refused = async (bytes: Uint8Array, fingerprint = PLAIN.fingerprint): Promise<void> => {
    await writeFile(file, bytes);
    await expect(openPackedDataset(file, fingerprint)).rejects.toMatchObject({ code: "DATA" });
  };
  const imagesAt = good.length - pixelsOf(PLAIN).length;
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
  const fetch: FetchData = (fingerprint) => {
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
  expect(await readdir(join(folder, "data"))).toEqual([
    `${PLAIN.fingerprint}.packed`,
    `${PLAIN.fingerprint}.packed.verified`,
  ]);
});

test("the cache keeps nothing of what is another data set", async () => {
  const folder = await temporaryFolder();
  const wrong = cachedDataset(PLAIN.fingerprint, () => pieces(LABELLED), { folder });
  await expect(wrong).rejects.toMatchObject({ code: "DATA" });
  expect(await readdir(join(folder, "data"))).toEqual([]);
});

test("a transfer that breaks goes on where it was, at once or after the node has been started again", async () => {
  const folder = await temporaryFolder();
  const begun: number[] = [];
  let breaks = 2;
  const fetch: FetchData = async function* (_, from) {
    begun.push(from);
    for await (const piece of pieces(LABELLED, from)) {
      if (breaks > 0) {
        yield piece.subarray(0, 1000);
        breaks--;
        throw new GanglionError("TRANSPORT", "the line is dead");
      }
      yield piece;
    }
  };
  expect(await cachedDataset(LABELLED.fingerprint, fetch, { folder })).toEqual(LABELLED);
  expect(begun).toEqual([0, 1000, 2000]);

  const other = await temporaryFolder();
  const dying: FetchData = async function* () {
    const [first] = [await packed(LABELLED)];
    yield first.subarray(0, 5000);
    throw new Error("the process ends");
  };
  await expect(cachedDataset(LABELLED.fingerprint, dying, { folder: other })).rejects.toThrow("ends");
  begun.length = 0;
  expect(await cachedDataset(LABELLED.fingerprint, fetch, { folder: other })).toEqual(LABELLED);
  expect(begun).toEqual([5000]);
  expect((await readdir(join(other, "data"))).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("what an earlier transfer left of other bytes is thrown away, and fetched from the beginning", async () => {
  const folder = await temporaryFolder();
  const dying: FetchData = async function* () {
    yield Buffer.alloc(5000, 1);
    throw new Error("the process ends");
  };
  await expect(cachedDataset(LABELLED.fingerprint, dying, { folder })).rejects.toThrow("ends");
  const begun: number[] = [];
  const fetch: FetchData = (_, from) => (begun.push(from), pieces(LABELLED, from));
  expect(await cachedDataset(LABELLED.fingerprint, fetch, { folder })).toEqual(LABELLED);
  expect(begun).toEqual([5000, 0]);
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
    expect.stringContaining("EISDIR: illegal operation on a directory, read): it is made again"),
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
