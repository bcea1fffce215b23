import { expect, test } from "vitest";
import { nearest } from "../../../../shared/config/nearest.ts";

const PRESETS = ["digits", "mnist", "seed-gan", "seed-cnn"];

test.each([
  ["digts", "digits"], // one letter missing
  ["mminst", "mnist"],
  ["seedcnn", "seed-cnn"],
  ["SEED-CNN", "seed-cnn"], // case does not count
  ["seed-can", "seed-gan"], // one substitution; seed-cnn is one away too, and comes later
  ["", "mnist"], // five insertions, the fewest
])("the name nearest to %j is %s", (word, expected) => {
  expect(nearest(word, PRESETS)).toBe(expected);
});

test("counts insertions, deletions and substitutions alike", () => {
  // kitten -> sitten -> sittin -> sitting: 3 edits; kitchen: one substitution and one insertion
  expect(nearest("kitten", ["sitting", "kitchen"])).toBe("kitchen");
  expect(nearest("kitten", ["sitting", "mittens"])).toBe("mittens"); // 2 against 3
});
