// Labels and classes, and whether two splits agree on them.
import { describe, expect, test } from "vitest";
import type { Dataset } from "../../../../shared/data/dataset.ts";
import {
  areClassNumbers,
  classByLabel,
  classLabelsOf,
  describeClasses,
  listLabels,
} from "../../../../shared/data/labels.ts";
import { checkSplits } from "../../../../shared/data/splits.ts";
import { randomDataset } from "../../../support/small-run.ts";

test("classes are the labels that occur, ascending", () => {
  expect(classLabelsOf(Uint8Array.of(4, 0, 2, 2, 0))).toEqual([0, 2, 4]);
  expect(classLabelsOf(Int32Array.of(1000, 9, 1000))).toEqual([9, 1000]); // as numbers, not as text
  expect(classLabelsOf(Uint8Array.of(255, 255))).toEqual([255]);
  expect(classLabelsOf(null)).toEqual([]);
  expect([...classByLabel([0, 2, 4])]).toEqual([[0, 0], [2, 1], [4, 2]]); // prettier-ignore
});

test("only 0 … C - 1 are class numbers", () => {
  expect([[], [0], [0, 1, 2], [1, 2], [0, 2], [255]].map(areClassNumbers)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("labels are told as ranges where three or more follow each other", () => {
  const letters = Array.from({ length: 26 }, (_, i) => i + 1);
  expect(describeClasses(letters)).toBe("26 classes: labels 1 to 26");
  expect(describeClasses([0, 2, 4])).toBe("3 classes: labels 0, 2 and 4");
  expect(describeClasses([255])).toBe("1 class: label 255");
  expect(listLabels([0, 1, 2, 5, 6, 9, 10, 11, 12])).toBe("0 to 2, 5, 6 and 9 to 12");
  expect(listLabels([1, 3, 5, 7, 9, 11, 12, 13], 3)).toBe("1, 3, 5 and 5 more");
  expect(listLabels([1, 3, 5, 7], 3)).toBe("1, 3, 5 and 7"); // rather than 1 more
});

const PLAIN = await randomDataset(4, [1, 2, 1]);

describe("the two splits of a classifier's data", () => {
  const labelled = (labels: readonly number[], changes: Partial<Dataset> = {}): Dataset => {
    const given = Uint8Array.from(labels);
    const classLabels = classLabelsOf(given);
    return {
      ...PLAIN,
      labels: given,
      classLabels,
      classes: classLabels.length,
      count: labels.length,
      ...changes,
    };
  };
  const TRAIN = labelled([0, 1, 2, 3]);

  test("agree in silence, also where the test split lacks labels", () => {
    expect(checkSplits(TRAIN, labelled([2, 0]))).toEqual([]);
    expect(checkSplits(labelled([7, 7]), null)).toEqual([]);
  });

  test("are warned of for labels that only test images have: which, how many, and the most that can be right", () => {
    const [warning, ...more] = checkSplits(TRAIN, labelled([3, 8, 9, 8, 0, 1, 2, 0, 1]));
    expect(more).toEqual([]);
    expect(warning).toContain("3 of the 9 test images have labels that no training image has (8 and 9)");
    expect(warning).toContain("at most 66.66 %"); // 6 / 9, rounded down
    expect(checkSplits(TRAIN, labelled([5, 6]))[0]).toContain("at most 0 %");
  });

  test("are warned of where there is one class", () => {
    expect(checkSplits(labelled([7, 7]), labelled([7]))).toEqual([
      expect.stringContaining("all training images of random have the label 7"),
    ]);
  });

  test("are refused where they cannot be compared", () => {
    expect(() => checkSplits(TRAIN, { ...PLAIN, warnings: ["y looks like labels"] })).toThrow(
      /the test images of random have no labels, and a classifier is measured by them: .*; y looks like labels/,
    );
    expect(() => checkSplits(TRAIN, labelled([1], { imageShape: [2, 1, 1] }))).toThrow(
      /the test images of random are 2×1×1 and the training images 1×2×1/,
    );
  });

  test("pass their own warnings on", () => {
    const noticed = { ...TRAIN, warnings: ["a"] };
    expect(checkSplits(noticed, null)).toEqual(["a"]);
    expect(checkSplits(noticed, { ...TRAIN, warnings: ["b"] })).toEqual(["a", "b"]);
  });
});

test("classes that have names are listed by them", () => {
  expect(describeClasses([0, 1, 2], ["cats", "dogs", "horses"])).toBe("3 classes: cats, dogs and horses");
  expect(describeClasses([0], ["cats"])).toBe("1 class: cats");
  const many = Array.from({ length: 20 }, (_, i) => i);
  expect(
    describeClasses(
      many,
      many.map((label) => `c${label}`),
    ),
  ).toMatch(/^20 classes: c0, c1, .* c11 and 8 more$/);
});
