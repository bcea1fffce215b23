// What the names of files and arrays say: the split that they hold, the words that they are made of.
import type { Split } from "../dataset.ts";

/** `validation` is a split of its own, which stands in where there is no test split. */
export type NamedSplit = Split | "validation";

/** The split that a path such as `data/train-00000-of-00002.parquet`, `x_test` or `testImages` speaks of. */
export function splitOfName(path: string): NamedSplit | null {
  for (const part of path.split("/").reverse())
    for (const word of wordsOf(part)) {
      if (/^x?y?(train|training)$/.test(word)) return "train";
      if (/^x?y?(test|testing|t10k)$/.test(word)) return "test";
      if (/^x?y?(val|valid|validation|dev)$/.test(word)) return "validation";
    }
  return null;
}

/** `trainImages-1` → `train`, `images`, `1` */
export function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/(\p{Ll})(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

/** The first few, as in "it holds …". */
export function listNames(names: readonly string[], most = 4): string {
  if (names.length === 0) return "nothing";
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}
