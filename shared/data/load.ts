// Loads the data set that the user named: decoded once, and from the cache afterwards.
import { GanglionError } from "../errors.ts";
import type { Dataset, DatasetSummary, Split } from "./dataset.ts";
import { decodeSource } from "./pictures/decode-source.ts";
import type { DataFormat, OpenOptions } from "./format.ts";
import { ACCEPTED_DATA, FORMATS } from "./formats.ts";
import { AS_THEY_ARE, type ImageOptions } from "./image-options.ts";
import { classLabelsOf, namesOf } from "./labels.ts";
import { type CacheOptions, cacheFolder, openCopy } from "./packed/cache.ts";
import { decodeApart, isWorthAProcess } from "./pictures/decode-apart.ts";
import type { BadPicture } from "./pictures/survey.ts";
import { badPictures, planSource } from "./pictures/plan-source.ts";
import { type SourceRecord, readSourceRecord, sourceKey, writeSourceRecord } from "./packed/source-record.ts";
import type { ImageSource } from "./source.ts";

export interface LoadOptions extends OpenOptions, CacheOptions {
  /** Default: images as they are. */
  readonly images?: ImageOptions;
  /** Whether this is the process that decodes, whatever others there might be. */
  readonly isApart?: boolean;
}

export interface LoadedDataset extends Dataset {
  /** What was done to the images, and what was passed over, a sentence each. */
  readonly notes: readonly string[];
  /** What could not be read, where the user goes on without. */
  readonly skipped: readonly BadPicture[];
}

/**
 * Loads one split of `source`: the name of a built-in data set, or a path that a format reads. Lets the event loop turn
 * meanwhile, so that heartbeats go on.
 *
 * @throws GanglionError DATA with what is wrong and what would be accepted
 */
export async function loadDataset(
  source: string,
  split: Split,
  options: LoadOptions = {},
): Promise<LoadedDataset> {
  const { images = AS_THEY_ARE } = options;
  const { open, key, known } = await find(source, split, options);
  const copy = known && (await openCopy(known.fingerprint, options));
  if (known && copy) {
    const { notes, warnings, skipped } = known;
    return { ...copy, name: source, notes, warnings, skipped };
  }
  const opened = await open();
  const { folder = cacheFolder() } = options;
  if (opened.content.kind === "pictures" && !options.isApart && folder !== null && isWorthAProcess()) {
    await decodeApart({ source, split, images, folder }, options);
    return loadDataset(source, split, { ...options, isApart: true }); // from the cache, where it could be written
  }
  const { dataset, isKept, plan, skipped } = await decodeSource(opened, source, { ...options, images });
  const { warnings } = opened;
  const notes = [...opened.notes, ...plan.notes];
  const { fingerprint } = dataset;
  if (isKept) await writeSourceRecord(key, { fingerprint, notes, warnings, skipped }, options);
  return { ...dataset, name: source, notes, warnings, skipped };
}

/** What `loadDataset` would load, and its warnings; no image is decoded. */
export async function summarizeDataset(
  source: string,
  split: Split,
  options: LoadOptions = {},
): Promise<{
  readonly summary: DatasetSummary;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}> {
  const { images = AS_THEY_ARE } = options;
  const { open, known } = await find(source, split, options);
  const copy = known && (await openCopy(known.fingerprint, { ...options, memoryBytes: 0 }));
  if (known && copy) {
    const { count, imageShape, classes, classLabels, classNames } = copy;
    const { notes, warnings } = known;
    return {
      summary: { name: source, count, imageShape, classes, classLabels, classNames },
      notes,
      warnings,
    };
  }
  const opened = await open();
  const { warnings, labels, classNames } = opened;
  const plan = await planSource(opened, source, { ...options, images });
  const { imageShape, count } = plan;
  const classLabels = classLabelsOf(labels);
  const named = classNames && namesOf(labels, classNames);
  const classes = classLabels.length;
  const summary = { name: source, count, imageShape, classes, classLabels, classNames: named };
  return { summary, notes: [...opened.notes, ...plan.notes], warnings };
}

interface Found {
  readonly key: string;
  /** What came of it before; null where it was not decoded yet. */
  readonly known: SourceRecord | null;
  readonly open: () => Promise<ImageSource>;
}

/** @throws GanglionError DATA, also for bad pictures that were found before and are not to be skipped */
async function find(source: string, split: Split, options: LoadOptions): Promise<Found> {
  const { images = AS_THEY_ARE } = options;
  const format = await formatOf(source);
  let opened: Promise<ImageSource> | null = null;
  const open = (): Promise<ImageSource> => (opened ??= format.open(source, split, options));
  const identity = (await format.identify?.(source)) ?? (await open()).identity;
  const key = sourceKey({ format: format.name, split, identity, images });
  const known = await readSourceRecord(key, options);
  if (known && known.skipped.length > 0 && !images.skipBad) throw badPictures(source, known.skipped);
  return { key, known, open };
}

export async function formatOf(source: string): Promise<DataFormat> {
  for (const format of FORMATS) if (await format.recognizes(source)) return format;
  throw new GanglionError("DATA", `there is no data set "${source}": give ${ACCEPTED_DATA}`);
}
