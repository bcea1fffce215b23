// From the name that the user gave to the data set in memory.
import { stat } from "node:fs/promises";
import { GanglionError } from "../errors.ts";
import { kindOf } from "../regular-file.ts";
import type { Dataset, DatasetSummary, Split } from "./dataset.ts";
import { loadIdx } from "./idx/idx.ts";
import { loadStrokes } from "./strokes/load-strokes.ts";
import { summarizeStrokes } from "./strokes/strokes.ts";

export interface LoadOptions {
  /** Called as a built-in data set is drawn (once on a machine: it is kept in the cache): images done, images in all. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Loads one split of `source`: `strokes`, or the path of a folder with IDX files. Lets the event loop turn
 * meanwhile, so that heartbeats go on. Throws GanglionError DATA with what is wrong and what would be accepted.
 */
export async function loadDataset(source: string, split: Split, options: LoadOptions = {}): Promise<Dataset> {
  if (source === "strokes") return loadStrokes(split, options);
  const found = await stat(source).catch(() => null);
  if (found?.isDirectory()) return loadIdx(source, split);
  throw new GanglionError(
    "DATA",
    found
      ? `${source} is ${kindOf(found)}, and a data set is a folder: give the one that holds its IDX files (unpacked, where it is an archive)`
      : `there is no data set "${source}": give "strokes" (built in) or the path of a folder with IDX files (as MNIST comes)`,
  );
}

/** What `loadDataset` would load, and its warnings; the built-in pictures are not drawn for it. */
export async function summarizeDataset(
  source: string,
  split: Split,
): Promise<{ readonly summary: DatasetSummary; readonly warnings: readonly string[] }> {
  if (source === "strokes") return { summary: summarizeStrokes(split), warnings: [] };
  const { name, count, imageShape, classes, classLabels, warnings } = await loadDataset(source, split);
  return { summary: { name, count, imageShape, classes, classLabels }, warnings };
}
