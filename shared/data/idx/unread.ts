// Files beside the images that look as if they should have been read: each gets a warning.
import { join } from "node:path";
import { stat } from "node:fs/promises";
import type { Split } from "../dataset.ts";
import { countGzipLayers, readHead } from "../files/gzip.ts";
import type { ChosenFiles, Entry } from "./choose.ts";
import { isNamedLikeLabels, isNamedLikeSplit, parseIdxName } from "./names.ts";

/** A folder with more than these is no folder of IDX files; the rest of it is not looked into. */
const MOST_FILES = 200;

/**
 * A sentence for each file of the split that belongs to other images, and, where `count` images have no labels, for
 * each that looks like labels by its name or by its content.
 */
export async function warnOfUnread(
  folder: string,
  entries: readonly Entry[],
  split: Split,
  { images, labels, others, labelsName }: ChosenFiles,
  count: number,
): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { name, holds } of others) {
    if (holds === "images")
      warnings.push(
        `${join(folder, name)} looks like ${split} images and is not read, as ${images} is there: move the one that is not wanted into a folder of its own`,
      );
    else if (labels !== null)
      warnings.push(
        `${join(folder, name)} looks like ${split} labels and is not read, as ${labels} is there: move the one that is not wanted into a folder of its own`,
      );
  }
  if (labels !== null) return warnings;
  for (const { name } of entries.slice(0, MOST_FILES)) {
    const parsed = parseIdxName(name);
    if (parsed ? parsed.split !== split || parsed.holds !== "labels" : !isNamedLikeSplit(name, split))
      continue;
    const found = await labelsIn(join(folder, name));
    const byName = parsed !== null || isNamedLikeLabels(name);
    if (!byName && found !== count) continue;
    const remedy =
      found === null
        ? `only IDX files of whole numbers are, under the name ${labelsName}`
        : `rename it to ${labelsName} if these are the images' labels`;
    warnings.push(
      `${join(folder, name)} looks like ${split} labels and is not read, so that the images have none: ${remedy}`,
    );
  }
  return warnings;
}

/** How many labels an IDX file of whole numbers has by its header; null for every other file. */
async function labelsIn(file: string): Promise<number | null> {
  try {
    if (!(await stat(file)).isFile()) return null; // a pipe would be waited for
    const head = await readHead(file, await countGzipLayers(file), 12);
    const [first, second, type, rank] = head;
    const isLabels =
      first === 0 &&
      second === 0 &&
      type >= 8 &&
      type <= 12 &&
      (rank === 1 || rank === 2) &&
      head.length >= 8;
    return isLabels ? head.readUInt32BE(4) : null;
  } catch {
    return null; // unreadable, or damaged: no labels that could be read, and its name alone decides
  }
}
