// What the names of files say: their order, and the split that they hold.
import type { Split } from "../dataset.ts";

/** The order of data sets on every machine: by code point, which UTF-8's bytes keep. */
export function compareNames(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

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

/** Whether a file is one that systems and tools leave behind, such as `.DS_Store`. */
export function isHidden(name: string): boolean {
  return name.startsWith(".") || name === "__MACOSX" || name === "Thumbs.db";
}

/** Whether a name is one of pictures; whether the file is one, only its bytes say. */
export function isPictureName(name: string): boolean {
  return /\.(png|jpe?g|webp|gif|avif|tiff?|bmp)$/i.test(name);
}

/** The first few, as in "it holds …". */
export function listNames(names: readonly string[], most = 4): string {
  if (names.length === 0) return "nothing";
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most - 1).join(", ")} and ${names.length - most + 1} more`;
}
