// The built-in data set `strokes`: handwritten-looking digits drawn by code, the same on every machine.
import { setImmediate as nextTurn } from "node:timers/promises";
import { GanglionError } from "../../errors.ts";
import { shuffled, stream } from "../../random/random.ts";
import { type Dataset, type DatasetSummary, type Split, createDataset } from "../dataset.ts";
import type { ReadOptions } from "../format.ts";
import { sharedBytes } from "../shared-memory.ts";
import { createDrawer, PICTURE_SIZE } from "./handwriting.ts";

export const STROKES = "strokes";

export interface StrokesOptions extends ReadOptions {
  /** Which pictures; not the run's seed: every run trains on the same ones. Default `STROKES_SEED`. */
  readonly seed?: number;
  /** N. Default 60,000 for train, 10,000 for test. */
  readonly count?: number;
  /** Train and test pictures come from different streams. Default train. */
  readonly split?: Split;
}

export const STROKES_SEED = 1;

const CLASSES = 10;
const DEFAULT_COUNT = { train: 60_000, test: 10_000 } as const;
const MAX_COUNT = 5_000_000;
/** Pictures drawn between two turns of the event loop: some tens of milliseconds. */
const CHUNK = 2000;

/**
 * Draws the data set, labelled 0 … 9 in equal numbers (± 1): a second or two of a core.
 *
 * @throws GanglionError DATA when `count` cannot be drawn
 */
export async function drawStrokes(options: StrokesOptions = {}): Promise<Dataset> {
  const { seed = STROKES_SEED, split = "train", onProgress } = options;
  const { count = DEFAULT_COUNT[split] } = options;
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    throw new GanglionError(
      "DATA",
      `strokes cannot draw ${count} pictures: give a whole number from 1 to ${MAX_COUNT}`,
    );
  }
  const random = stream(seed, STROKES, split);
  const draw = createDrawer();
  const pixels = PICTURE_SIZE * PICTURE_SIZE;
  const images = sharedBytes(count * pixels); // [N, 28, 28, 1]
  const labels = sharedBytes(count); // [N]
  labels.set(shuffled(count, random).map((place) => place % CLASSES));
  for (let done = 0; done < count;) {
    const end = Math.min(count, done + CHUNK);
    for (let i = done; i < end; i++) draw(labels[i], random, images.subarray(i * pixels, (i + 1) * pixels));
    done = end;
    onProgress?.(done, count);
    await nextTurn();
  }
  return createDataset({
    name: STROKES,
    count,
    imageShape: [PICTURE_SIZE, PICTURE_SIZE, 1],
    images,
    labels,
    warnings: [],
  });
}

/** What is drawn by default, without drawing it. */
export function summarizeStrokes(split: Split): DatasetSummary {
  return {
    name: STROKES,
    count: DEFAULT_COUNT[split],
    imageShape: [PICTURE_SIZE, PICTURE_SIZE, 1],
    classes: CLASSES,
    classLabels: Array.from({ length: CLASSES }, (_, label) => label),
  };
}
