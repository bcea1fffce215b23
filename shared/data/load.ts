// Loads the data set that the user named into memory.
import { GanglionError } from "../errors.ts";
import type { Dataset, DatasetSummary, Split } from "./dataset.ts";
import type { DataFormat, ReadOptions } from "./format.ts";
import { ACCEPTED_DATA, FORMATS } from "./formats.ts";

/**
 * Loads one split of `source`: the name of a built-in data set, or a path that a format reads. Lets the event loop turn
 * meanwhile, so that heartbeats go on.
 *
 * @throws GanglionError DATA with what is wrong and what would be accepted
 */
export async function loadDataset(source: string, split: Split, options: ReadOptions = {}): Promise<Dataset> {
  return (await formatOf(source)).read!(source, split, options);
}

/** What `loadDataset` would load, and its warnings; read only where its format cannot tell otherwise. */
export async function summarizeDataset(
  source: string,
  split: Split,
): Promise<{ readonly summary: DatasetSummary; readonly warnings: readonly string[] }> {
  const format = await formatOf(source);
  if (format.summarize) return { summary: format.summarize(split), warnings: [] };
  const { name, count, imageShape, classes, classLabels, warnings } = await format.read!(source, split, {});
  return { summary: { name, count, imageShape, classes, classLabels }, warnings };
}

async function formatOf(source: string): Promise<DataFormat> {
  for (const format of FORMATS) if (await format.recognizes(source)) return format;
  throw new GanglionError("DATA", `there is no data set "${source}": give ${ACCEPTED_DATA}`);
}
