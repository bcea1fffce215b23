// Which classes `--class` means.
import { expect, test } from "vitest";
import type { CheckpointConfig } from "../../../../coordinator/records/checkpoint/checkpoint-config.ts";
import { findClasses } from "../../../../deploy/generate/classes.ts";

const PETS = {
  classes: 4,
  names: ["cat", "dog", "fish, dried", "all-rounder"],
} as unknown as CheckpointConfig;
const LETTERS = { classes: 3, labels: [1, 2, 26] } as unknown as CheckpointConfig;

test("one by its name, whatever its case, or by its label", () => {
  expect(findClasses("dog", PETS, true)).toEqual([1]);
  expect(findClasses("DOG", PETS, true)).toEqual([1]);
  expect(findClasses("3", PETS, true)).toEqual([3]);
  expect(findClasses("26", LETTERS, true)).toEqual([2]); // the label, not the number of the class
});

test("several in the order that is given, and all", () => {
  expect(findClasses("dog, cat,2", PETS, true)).toEqual([1, 0, 2]);
  expect(findClasses("fish, dried", PETS, true)).toEqual([2]); // a name with a comma in it
  expect(findClasses("all", LETTERS, true)).toEqual([0, 1, 2]);
});

test("a name that there is not is refused with the nearest one, a label with those there are", () => {
  const refuse = (text: string, config: CheckpointConfig) => () => findClasses(text, config, true);
  expect(refuse("dgo", PETS)).toThrow("--class dgo is none of the 4 classes of the run (did you mean dog?): choose one from 0 to 3, or by name: cat, dog"); // prettier-ignore
  expect(refuse("cat,dgo", PETS)).toThrow('"dgo" of --class cat,dgo is none');
  expect(refuse("0", LETTERS)).toThrow("--class 0 is none of the 3 classes of the run: choose among its labels 1, 2 and 26"); // prettier-ignore
  expect(() => findClasses("cat", PETS, false)).toThrow("for a generator that takes labels");
});
