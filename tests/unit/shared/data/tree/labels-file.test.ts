// StyleGAN's file of labels takes the place of folders as classes.
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../../support/cli.ts";
import { look, pictures, refusalOf, writeTree } from "../../../../support/picture-trees.ts";

const PICTURES = pictures("00000/a.png", "00000/b.png", "00001/c.png");

async function withLabels(text: string, name = "dataset.json"): Promise<string> {
  return writeTree(join(await temporaryFolder(), "set"), { ...PICTURES, [name]: text });
}

describe("a file of labels", () => {
  test.each([
    ["dataset.json", '{"labels": [["00000/b.png", 6], ["00000/a.png", 2], ["00001/c.png", 6]]}'],
    ["labels.json", '{"labels": {"00000\\\\b.png": 6, "./00000/a.png": 2, "00001/c.png": 6}}'],
    ["labels.json", '\uFEFF{"labels": [["00000/b.png", [0,0,0,0,0,0,1]], ["00000/a.png", [0,0,1,0,0,0,0]], ["00001/c.png", [0,0,0,0,0,0,1]]]}'], // prettier-ignore
  ])("named %s labels pictures by path: %s", async (name, text) => {
    const found = await look(await withLabels(text, name));
    expect(found).toMatchObject({ labels: [2, 6, 6], classNames: null, warnings: [] });
    expect(found.notes).toEqual([`labels are those of ${name}; folders are no classes`]);
  });

  test("may be in UTF-16, as PowerShell writes it", async () => {
    const text = '\ufeff{"labels": {"00000/a.png": 2, "00000/b.png": 6, "00001/c.png": 6}}';
    const folder = join(await temporaryFolder(), "set");
    await writeTree(folder, { ...PICTURES, "labels.json": Buffer.from(text, "utf16le") });
    expect((await look(folder)).labels).toEqual([2, 6, 6]);
  });

  test("may say that there are no labels", async () => {
    const found = await look(await withLabels('{"labels": null}'));
    expect(found.labels).toBeNull();
    expect(found.notes).toEqual([
      "dataset.json says that there are no labels, so that folders are no classes",
    ]);
  });

  test("is found above splits and wrappers, and nearer ones come first", async () => {
    const folder = await writeTree(join(await temporaryFolder(), "set"), {
      ...pictures("train/a.png", "train/b.png", "test/c.png"),
      "labels.json": '{"labels": {"train/a.png": 1, "train/b.png": 300, "test/c.png": 1}}',
    });
    expect((await look(folder)).labels).toEqual([1, 300]);
    expect((await look(folder, "test")).labels).toEqual([1]);
    await writeTree(folder, { "train/labels.json": '{"labels": {"a.png": 4, "b.png": 5}}' });
    expect((await look(folder)).labels).toEqual([4, 5]);
  });

  test("with labels for pictures that are not there is read, with a warning", async () => {
    const found = await look(
      await withLabels('{"labels": {"00000/a.png": 0, "00000/b.png": 0, "00001/c.png": 1, "gone.png": 1}}'),
    );
    expect(found.labels).toEqual([0, 0, 1]);
    expect(found.warnings).toEqual([
      "dataset.json has labels for 1 picture that is not there (gone.png): add what is missing, or leave it as it is",
    ]);
  });

  test("of another form is not read, with a warning", async () => {
    const found = await look(await withLabels('{"images": [], "annotations": []}', "labels.json"));
    expect(found.classNames).toEqual(["00000", "00001"]);
    expect(found.warnings[0]).toMatch(/^labels\.json looks like labels and is not read: /);
  });

  test.each([
    [
      '{"labels": {"00000/a.png": 0}}',
      /has no label for 2 of 3 pictures \(00000\/b\.png and 00001\/c\.png\)/,
    ],
    ['{"labels": {"00000/a.png": 0.5}}', /gives 00000\/a\.png the label 0\.5: labels are whole numbers/],
    ['{"labels": {"00000/a.png": -1}}', /the label -1/],
    ['{"labels": {"00000/a.png": "cat"}}', /the label "cat"/],
    ['{"labels": {"00000/a.png": [0.2, 0.8]}}', /the label \[0\.2,0\.8\]: .* a single 1 and else zeros/],
    ['{"labels": {"00000/a.png": [0, 1], "00000/b.png": [0, 0, 1]}}', /vectors of one length/],
    ['{"labels": [["00000/a.png", 1], ["00000/a.png", 2]]}', /the labels 1 and 2: leave one of them/],
    ["{labels}", /dataset\.json is not JSON .*: mend it/],
  ])("is refused as %s", async (text, reason) => {
    expect(await refusalOf(await withLabels(text))).toMatch(reason);
  });
});
