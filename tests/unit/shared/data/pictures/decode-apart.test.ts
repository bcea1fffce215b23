// Decoding in a process of its own, as on machines with many cores.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AS_THEY_ARE } from "../../../../../shared/data/image-options.ts";
import { loadDataset } from "../../../../../shared/data/load.ts";
import { decodeApart, isWorthAProcess } from "../../../../../shared/data/pictures/decode-apart.ts";
import { temporaryFolder } from "../../../../support/cli.ts";
import { paint } from "../../../../support/pictures.ts";

async function greyPictures(count: number): Promise<string> {
  const folder = await temporaryFolder();
  for (let i = 0; i < count; i++) await writeFile(join(folder, `${i}.png`), await paint(4, 4, 1, () => [20 * i]).png().toBuffer()); // prettier-ignore
  return folder;
}

test("what another process has decoded is found in the cache, with progress on the way", async () => {
  const [source, folder] = [await greyPictures(5), await temporaryFolder()];
  const heard: string[] = [];
  const onProgress = (doing: string, done: number, total: number): void =>
    void heard.push(`${doing} ${done}/${total}`);
  await decodeApart({ source, split: "train", images: AS_THEY_ARE, folder }, { onProgress }, 6);
  expect(heard).toContain("decoding 5/5");
  const again: string[] = [];
  const set = await loadDataset(source, "train", { folder, onProgress: (doing) => again.push(doing) });
  expect([set.count, again.includes("decoding")]).toEqual([5, false]);
  expect((await loadDataset(source, "train", { folder: null })).fingerprint).toBe(set.fingerprint);
});

test("its refusals are those of this process, and a cache that it cannot write is told", async () => {
  const source = await greyPictures(2);
  const file = join(source, "0.png");
  const said: string[] = [];
  const say = (sentence: string): void => void said.push(sentence);
  await decodeApart({ source, split: "train", images: AS_THEY_ARE, folder: file }, { say }, 6).catch(
    () => undefined,
  );
  expect(said).toEqual([expect.stringContaining("GANGLION_CACHE")]);
  await writeFile(file, "text");
  const folder = await temporaryFolder();
  const refused = decodeApart({ source, split: "train", images: AS_THEY_ARE, folder }, {}, 6);
  await expect(refused).rejects.toMatchObject({
    code: "DATA",
    message: expect.stringContaining("0.png: it is text"),
  });
  await mkdir(join(folder, "data"), { recursive: true });
  expect((await readdir(join(folder, "data"))).filter((name) => name.endsWith(".packed"))).toEqual([]);
});

test("a machine with more cores than libuv has threads decodes in a process of its own", () => {
  expect([isWorthAProcess(2), isWorthAProcess(4), isWorthAProcess(5)]).toEqual([false, false, true]);
});
