// Thumbnails: made once, one at a time, in a cache that does not grow for ever.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { Thumbnails } from "../../../../coordinator/dashboard/pictures/thumbnails.ts";
import { seeded } from "./series/support.ts";

test("a picture is made once for all who ask, and kept", async () => {
  const { thumbnails } = await folderOf(1);
  const [first, second] = await Promise.all([thumbnails.of("000000.png"), thumbnails.of("000000.png")]);
  expect(first).toMatchObject({ etag: expect.stringMatching(/^"\w+-\w+"$/) });
  expect(second).toBe(first);
  expect(await thumbnails.of("000000.png")).toBe(first);
});

test("what is kept stays below the limit, and the least recently used goes first", async () => {
  const { thumbnails } = await folderOf(6, 30_000);
  const bytes: number[] = [];
  for (let i = 0; i < 6; i++) {
    const made = await thumbnails.of(`00000${i}.png`);
    if (made === null || made === "busy") throw new Error("there is no picture");
    bytes.push(made.bytes.length);
    expect(thumbnails.sizeBytes).toBeLessThanOrEqual(30_000);
  }
  expect(bytes.reduce((sum, one) => sum + one)).toBeGreaterThan(30_000);
  const kept = await thumbnails.of("000005.png");
  expect(await thumbnails.of("000005.png")).toBe(kept);
});

test("who asks for too many at once is told to come back", async () => {
  const { thumbnails } = await folderOf(1);
  const asked = Array.from({ length: 600 }, (_, i) => thumbnails.of(`${100_000 + i}.png`));
  const answers = await Promise.all(asked);
  // One is made and 512 wait: the others are refused.
  expect(answers.filter((answer) => answer === "busy")).toHaveLength(600 - 513);
  expect(answers.filter((answer) => answer === null)).toHaveLength(513);
});

async function folderOf(pictures: number, cacheBytes?: number): Promise<{ readonly thumbnails: Thumbnails }> {
  const folder = await mkdtemp(join(tmpdir(), "ganglion-thumbnails-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const random = seeded(3);
  for (let i = 0; i < pictures; i++) {
    const data = Uint8Array.from({ length: 300 * 300 }, () => 256 * random());
    const png = await sharp(data, { raw: { width: 300, height: 300, channels: 1 } })
      .png()
      .toBuffer();
    await writeFile(join(folder, `00000${i}.png`), png);
  }
  return { thumbnails: new Thumbnails(folder, cacheBytes) };
}
