// Folders of pictures: what counts as one, what is passed over and told, links, and what is refused.
import { execFileSync } from "node:child_process";
import { mkdir, rm, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../../support/cli.ts";
import { idx } from "../../../../support/idx-folder.ts";
import {
  look,
  openSource,
  pictures,
  png,
  refusalOf,
  type Tree,
  writeTree,
} from "../../../../support/picture-trees.ts";
import type { OnProgress } from "../../../../../shared/data/format.ts";
import { FORMATS } from "../../../../../shared/data/formats.ts";
import { folder as folderFormat } from "../../../../../shared/data/folder/folder.ts";

let folder = "";
beforeEach(async () => {
  folder = join(await temporaryFolder(), "photos");
  await mkdir(folder);
});
const put = (tree: Tree): Promise<string> => writeTree(folder, tree);

describe("a folder of pictures", () => {
  test("holds files of every kind that is read, whatever their names, and what claims to be one", async () => {
    const image = sharp({ create: { width: 2, height: 2, channels: 3, background: "red" } });
    for (const kind of ["png", "jpeg", "webp", "gif", "avif", "tiff"] as const)
      await put({ [`${kind}-without-ending`]: await image.clone().toFormat(kind).toBuffer() });
    await put({ "empty.jpg": "", "text.WEBP": "no picture", "notes.dat": "no picture" });
    const found = await look(folder);
    expect(found.names).toEqual([
      "avif-without-ending",
      "empty.jpg",
      "gif-without-ending",
      "jpeg-without-ending",
      "png-without-ending",
      "text.WEBP",
      "tiff-without-ending",
      "webp-without-ending",
    ]);
    expect(found.format).toBe("folder of pictures");
    expect(found.notes).toEqual(["1 file that is no picture is passed over (notes.dat)"]);
  });

  test("passes hidden and system files over, wherever they lie, and counts them once", async () => {
    await put(
      pictures(
        "a.png",
        "._a.png",
        ".git/b.png",
        "__MACOSX/c.png",
        "@eaDir/d.png",
        ".ipynb_checkpoints/e.png",
      ),
    );
    await put({ "Thumbs.db": "x", "desktop.ini": "x", ".DS_Store": "x" });
    const found = await look(folder);
    expect(found.names).toEqual(["a.png"]);
    expect(found.notes).toEqual([
      "8 hidden or system files and folders are passed over (.DS_Store, ._a.png, .git and 5 more)",
    ]);
  });

  test("names what it holds beside pictures, each kind for itself", async () => {
    await put(pictures("a.png"));
    await put({
      "README.txt": "x",
      "a.csv": "x",
      "b.pdf": "x",
      "c.doc": "x",
      "d.svg": "<svg/>",
      "old.zip": "x",
    });
    await put({ "e.heic": "x", "f.BMP": "x", "labels.csv": "x", "metadata.jsonl": "x", "train.csv": "x" });
    const { notes, warnings } = await look(folder);
    expect(notes).toEqual([
      "4 files that are no pictures are passed over (README.txt, a.csv, b.pdf and 1 more)",
      "SVG is not read: 1 file is passed over (d.svg)",
      "archives inside are not looked into (old.zip): unpack them there if their pictures are wanted",
    ]);
    expect(warnings).toEqual([
      "2 pictures are of a kind that is not read (e.heic and f.BMP): convert to PNG or JPEG",
      expect.stringMatching(
        /^labels\.csv, metadata\.jsonl and train\.csv look like labels and are not read: put the pictures/,
      ),
    ]);
  });

  test("may have names with blanks, in any script, and in no encoding", async () => {
    const latin = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xfc, 0x2e, 0x70, 0x6e, 0x67])]);
    await put(pictures("два слова/кот 1.png", "猫/x y.png", "🐈/#1?.png"));
    await writeFile(latin, png("latin"));
    const found = await look(folder);
    expect(found.names).toEqual(["ü.png", "два слова/кот 1.png", "猫/x y.png", "🐈/#1?.png"]);
    expect(found.contents[0]).toMatch(/latin$/);
  });

  test("may hold a file too large for any picture, which is found when it is read", async () => {
    await put(pictures("a.png"));
    await truncate(join(folder, "a.png"), 2 ** 30 + 1); // a hole, which takes no room
    await expect(look(folder)).rejects.toThrow(
      "it has 1,073,741,825 bytes, and 1,073,741,824 are the most that is read",
    );
  });

  test("is read anew where a file has changed: its identity says so", async () => {
    await put(pictures("a/1.png", "b/2.png"));
    const identity = async (): Promise<readonly string[]> => (await openSource(folder)).source.identity;
    const before = await identity();
    expect(await identity()).toEqual(before);
    await put({ "README.txt": "told, not read" });
    expect(await identity()).toEqual(before);
    await utimes(join(folder, "b/2.png"), 1, 1);
    const touched = await identity();
    expect(touched).not.toEqual(before);
    await put({ "labels.json": '{"labels": {"a/1.png": 1, "b/2.png": 0}}' });
    const labelled = await identity();
    expect(labelled).not.toEqual(touched);
    await put({ "labels.json": '{"labels": {"a/1.png": 0, "b/2.png": 1}}' });
    expect(await identity()).not.toEqual(labelled);
  });

  test("has labels that all threads read in place", async () => {
    await put(pictures("a/1.png", "b/2.png"));
    const { labels } = (await openSource(folder)).source;
    expect([...labels!]).toEqual([0, 1]);
    expect(labels!.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("is listed with progress, and other work goes on meanwhile", async () => {
    await put(pictures(...Array.from({ length: 1200 }, (_, i) => `${i}.png`)));
    const heard: string[] = [];
    const onProgress: OnProgress = (doing, done, total) => {
      heard.push(`${doing} ${done} of ${total}`);
      setImmediate(() => heard.push("turn"));
    };
    await folderFormat.open(folder, "train", { onProgress });
    expect(heard.slice(0, 5)).toEqual([
      "listing 500 of 1200",
      "turn",
      "listing 1000 of 1200",
      "turn",
      "listing 1200 of 1200",
    ]);
  });
});

describe("links in a folder", () => {
  test("to files and folders are followed, within it and out of it", async () => {
    const outside = await writeTree(join(folder, "../outside"), pictures("one.png", "more/two.png"));
    await put(pictures("cats/1.png"));
    await symlink(join(outside, "one.png"), join(folder, "cats/linked.png"));
    await symlink(join(outside, "more"), join(folder, "dogs"));
    const found = await look(folder);
    expect(found.names).toEqual(["cats/1.png", "cats/linked.png", "dogs/two.png"]);
    expect(found.contents[1]).toMatch(/one\.png$/);
    expect(found.notes).toEqual(["1 link to a folder is followed (dogs)"]);
  });

  test("into themselves end, and are told", async () => {
    await put(pictures("a/1.png", "b/2.png"));
    await symlink("..", join(folder, "a/up"));
    await symlink(".", join(folder, "b/here"));
    await symlink("../a", join(folder, "b/other"));
    await symlink("loop", join(folder, "loop"));
    const found = await look(folder);
    expect(found.names).toEqual(["a/1.png", "b/2.png", "b/other/1.png"]);
    expect(found.warnings).toEqual([
      "1 link leads nowhere (loop): mend or remove",
      "links to folders that are read already are not followed (a/up, b/here and b/other/up): copy what shall be read twice",
    ]);
  });

  test("that lead nowhere are bad pictures where their names say picture, and else told", async () => {
    await put(pictures("1.png"));
    await symlink("gone.png", join(folder, "2.png"));
    await symlink("gone", join(folder, "cats"));
    const { source } = await openSource(folder);
    expect(source.content.count).toBe(2);
    expect(source.warnings).toEqual(["1 link leads nowhere (cats): mend or remove"]);
    await expect(look(folder)).rejects.toThrow(/ENOENT/);
  });

  test("pipes and devices are passed over, never opened", async () => {
    await put(pictures("1.png"));
    execFileSync("mkfifo", [join(folder, "2.png")]);
    await symlink("/dev/zero", join(folder, "3.png"));
    const found = await look(folder);
    expect(found.names).toEqual(["1.png"]);
    expect(found.notes).toEqual([
      "what is no regular file is passed over (2.png: a pipe and 3.png: a device)",
    ]);
  });
});

describe("a folder without pictures", () => {
  test("that is empty, or holds other files, is refused with what it holds and what is read", async () => {
    expect(await refusalOf(folder)).toBe(
      `${folder} is empty: put pictures there (PNG, JPEG, WebP, GIF, AVIF or TIFF), those of each class in a folder of its own`,
    );
    await put({ "notes.txt": "x", "b/model.h5": "x", ".hidden": "x" });
    expect(await refusalOf(folder)).toBe(
      `${folder} holds no pictures but b/model.h5 and notes.txt (1 hidden or system file aside): PNG, JPEG, WebP, GIF, AVIF or TIFF files are read, directly there or in a folder for each class`,
    );
  });

  test("that is a single picture is refused with what to give", async () => {
    await put(pictures("a.dat"));
    expect(await refusalOf(join(folder, "a.dat"))).toBe(
      `${folder}/a.dat is a single picture: give the folder that holds all of them`,
    );
  });

  test("but archives is refused with their names", async () => {
    await put({ "x/photos.zip": "x", "y.tar.gz": "x" });
    expect(await refusalOf(folder)).toBe(
      `${folder} holds no pictures but archives (x/photos.zip and y.tar.gz): give ${folder}/x/photos.zip itself`,
    );
  });

  test("is left to IDX where a file is named or written like it, gzipped or not", async () => {
    const reader = async (): Promise<string | undefined> => {
      for (const format of FORMATS) if (await format.recognizes(folder)) return format.name;
      return undefined;
    };
    await put({ "train-images-idx3-ubyte": "damaged", ...pictures("preview.png") });
    expect(await reader()).toBe("idx");
    for (const [name, content] of [
      ["a.bin", idx([1, 1, 1], [7])],
      ["b", gzipSync(idx([1, 1, 1], [7]))],
    ] as const) {
      await rm(folder, { recursive: true });
      await put({ [name]: content });
      expect(await reader()).toBe("idx");
    }
    await put(pictures("far/down/below.png"));
    expect(await reader()).toBe("folder");
  });
});
