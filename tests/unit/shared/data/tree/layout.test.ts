// Which folders are classes, splits or wrappers, and in which order the pictures come.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../../support/cli.ts";
import { look, pictures, refusalOf, type Tree, writeTree } from "../../../../support/picture-trees.ts";

async function made(tree: Tree): Promise<string> {
  return writeTree(join(await temporaryFolder(), "photos"), tree);
}

describe("classes", () => {
  test("are the first-level folders, by the order of their names", async () => {
    const found = await look(await made(pictures("dogs/1.png", "cats/9.png", "cats/young/2.png")));
    expect(found).toMatchObject({
      names: ["cats/9.png", "cats/young/2.png", "dogs/1.png"],
      labels: [0, 0, 1],
      classNames: ["cats", "dogs"],
      notes: [],
      warnings: [],
    });
  });

  test("are none where pictures lie in no folder", async () => {
    const found = await look(await made(pictures("b.png", "a.png")));
    expect(found).toMatchObject({ names: ["a.png", "b.png"], labels: null, classNames: null, notes: [] });
  });

  test("lie below folders that wrap everything, however many", async () => {
    const found = await look(
      await made({ ...pictures("set/v1/cats/1.png", "set/v1/dogs/2.png"), "set/README.md": "x" }),
    );
    expect(found).toMatchObject({ labels: [0, 1], classNames: ["cats", "dogs"] });
  });

  test("are no single folder: it wraps, and that is told", async () => {
    const found = await look(await made(pictures("cats/1.png", "cats/2.png")));
    expect(found.labels).toBeNull();
    expect(found.notes).toEqual([
      "all pictures lie in cats/: a single folder is no class, so that there are no labels",
    ]);
  });

  test("are no folders without pictures, which are told", async () => {
    const found = await look(
      await made({ ...pictures("a/1.png", "c/2.png"), "b/": "", "d/notes.txt": "none" }),
    );
    expect(found).toMatchObject({ labels: [0, 1], classNames: ["a", "c"] });
    expect(found.notes).toContain("b/, d/ hold no pictures, and are no classes".replace(", d/", " and d/"));
  });

  test("are none for one folder beside empty ones, and the folders inside of it do not take their place", async () => {
    const found = await look(await made({ ...pictures("cats/old/1.png", "cats/young/2.png"), "dogs/": "" }));
    expect(found.labels).toBeNull();
    expect(found.notes).toContain("dogs/ holds no pictures, and is no class");
  });

  test("are none where pictures lie beside the folders, with a warning", async () => {
    const found = await look(await made(pictures("cats/1.png", "dogs/2.png", "stray.png")));
    expect(found).toMatchObject({ labels: null, names: ["cats/1.png", "dogs/2.png", "stray.png"] });
    expect(found.warnings).toEqual([
      "1 picture lies beside cats/ and dogs/ (stray.png), so that folders are no classes and there are no labels: to have them, put each picture into the folder of its class",
    ]);
  });

  test("may be more than a byte counts", async () => {
    const paths = Array.from({ length: 300 }, (_, i) => `${String(i).padStart(3, "0")}/x.png`);
    const { labels } = await look(await made(pictures(...paths)));
    expect(labels).toEqual(Array.from({ length: 300 }, (_, i) => i));
  });
});

describe("splits", () => {
  const tree = pictures("Train/cats/1.png", "Train/dogs/2.png", "Train/dogs/3.png", "TEST/dogs/4.png");

  test("are folders named train and test, in any case, with the classes in each", async () => {
    const folder = await made(tree);
    const train = await look(folder);
    expect(train).toMatchObject({ labels: [0, 1, 1], classNames: ["cats", "dogs"] });
    expect(train.notes).toEqual(["Train/ is used, 3 pictures; TEST/ holds 1 more, for classifiers"]);
    const other = await look(folder, "test");
    expect(other).toMatchObject({ names: ["TEST/dogs/4.png"], classNames: ["cats", "dogs"] });
    expect(other.labels).toEqual([1]); // dogs, as in training, though it is the only class here
  });

  test.each(["val", "valid", "Validation", "t10k"])("take %s where there is no test", async (name) => {
    const found = await look(await made(pictures("train/a.png", `${name}/b.png`)), "test");
    expect(found.names).toEqual([`${name}/b.png`]);
  });

  test("take test before val, and tell what is left", async () => {
    const folder = await made(pictures("train/a.png", "val/b.png", "test/c.png"));
    expect((await look(folder, "test")).names).toEqual(["test/c.png"]);
    expect((await look(folder)).notes).toEqual([
      "train/ is used, 1 picture; test/ holds 1 more and val/ holds 1 more, for classifiers",
    ]);
  });

  test("are found below a wrapper, and a single train/ is one", async () => {
    const folder = await made(pictures("set/train/x/1.png", "set/train/y/2.png"));
    const found = await look(folder);
    expect(found).toMatchObject({ classNames: ["x", "y"], notes: ["set/train/ is used, 2 pictures"] });
    expect(await refusalOf(folder, "test")).toMatch(
      /has no test images: put some of each class into set\/test\//,
    );
  });

  test("are classes where train stands beside other folders only, with a warning", async () => {
    const found = await look(await made(pictures("car/1.png", "train/2.png", "plane/3.png")));
    expect(found.classNames).toEqual(["car", "plane", "train"]);
    expect(found.warnings).toEqual([
      "train/ is read as a class like those beside it: for splits, make train/ and test/ with the classes in each",
    ]);
  });

  test("leave nothing beside them in silence", async () => {
    const found = await look(await made(pictures("train/a.png", "test/b.png", "extra/c.png", "d.png")));
    expect(found.names).toEqual(["train/a.png"]);
    expect(found.warnings).toEqual([
      "extra/ beside the splits is not read: move what is wanted below one of them",
      "1 picture lies beside the splits and is not read (d.png): move what is wanted below one of them",
    ]);
  });

  test("are refused where they are not there, or twice", async () => {
    const flat = await made(pictures("cats/1.png", "dogs/2.png"));
    expect(await refusalOf(flat, "test")).toMatch(
      /has no test images, .* make folders train\/ and test\/ there/,
    );
    const only = await made(pictures("test/1.png", "val/2.png"));
    expect(await refusalOf(only)).toBe(
      `${only} holds test/ and val/ and no train/ with pictures: add it, or give ${only}/test itself to train on that`,
    );
    const twice = await made(pictures("train/1.png", "val/2.png", "valid/3.png"));
    expect(await refusalOf(twice)).toMatch(/has val\/ and valid\/, and either could be meant/);
    const unknown = await made(pictures("train/a/1.png", "train/b/2.png", "test/a/3.png", "test/c/4.png"));
    expect(await refusalOf(unknown, "test")).toMatch(/has test\/c\/ and no such class in train\//);
  });

  test("have no labels where the test's pictures lie in no class, with a warning", async () => {
    const found = await look(await made(pictures("train/a/1.png", "train/b/2.png", "test/3.png")), "test");
    expect(found.labels).toBeNull();
    expect(found.warnings[0]).toMatch(/^1 picture lies right in test\/ \(test\/3\.png\)/);
  });
});

describe("the order", () => {
  test("is by code point, component by component, whatever the locale", async () => {
    // U+1F600 is above U+FF5E, though its first UTF-16 unit is below; "a b" follows all of "a".
    const names = ["B.png", "a/2.png", "a b/1.png", "a.png", "z.png", "é.png", "\uFF5E.png", "\u{1F600}.png"];
    const found = await look(await made(pictures(...[...names].reverse())));
    expect(found.names).toEqual([
      "B.png",
      "a/2.png",
      "a b/1.png",
      "a.png",
      "z.png",
      "é.png",
      "\uFF5E.png",
      "\u{1F600}.png",
    ]);
  });

  test("keeps names that differ in their normal form apart", async () => {
    const found = await look(await made(pictures("e\u0301.png", "\u00e9.png")));
    expect(found.names).toEqual(["e\u0301.png", "\u00e9.png"]);
  });
});
