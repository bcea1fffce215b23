// The names of IDX files: MNIST's, and the prefixes and separators of other data sets that come as IDX.
import type { Split } from "../dataset.ts";

export interface IdxName {
  readonly name: string;
  /** What stands before the split, in lower case: `emnist-letters-`; nothing for MNIST. */
  readonly prefix: string;
  readonly split: Split;
  readonly holds: "images" | "labels";
}

/**
 * `train-images-idx3-ubyte`, `t10k-labels.idx1-ubyte.gz`, `emnist-letters-test-images-idx3-ubyte`,
 * `qmnist-train-labels-idx2-int` and the like, in capitals or not; null for every other name.
 */
export function parseIdxName(name: string): IdxName | null {
  const parts = PATTERN.exec(name.toLowerCase())?.groups;
  if (!parts) return null;
  return {
    name,
    prefix: parts["prefix"],
    split: parts["split"] === "train" ? "train" : "test",
    holds: parts["holds"].startsWith("image") ? "images" : "labels",
  };
}

const PATTERN =
  /^(?<prefix>(?:.*[-_. ])?)(?<split>train|t10k|test)[-_. ](?<holds>images?|labels?)[-_. ]idx\d?(?:[-_. ](?:ubyte|byte|short|int|float|double))?(?:\.gz)*$/;

/** Whether a file that is no IDX file by its name may still hold the split's labels, judging by that name. */
export function isNamedLikeLabels(name: string): boolean {
  return /label|lable|labl|lbl|target/i.test(name);
}

/** A name that says nothing of its split speaks of the train split. */
export function isNamedLikeSplit(name: string, split: Split): boolean {
  return /t10k|test|valid/i.test(name) === (split === "test");
}
