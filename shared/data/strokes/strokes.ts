// The built-in data set `strokes`: handwritten-looking digits drawn by code, the same on every machine.
import { GanglionError } from "../../errors.ts";
import { shuffled, stream } from "../../random/random.ts";
import type { Dataset, DatasetSummary, Split } from "../dataset.ts";
import { startFingerprint } from "../fingerprint.ts";
import { createDrawer, PICTURE_SIZE } from "./handwriting.ts";
import { classLabelsOf } from "../labels.ts";

export interface StrokesOptions {
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
/** Pictures drawn between two looks at the clock: some tens of milliseconds. */
const CHUNK = 2000;

/** What is drawn by default, without drawing it. */
export function summarizeStrokes(split: Split): DatasetSummary {
  return {
    name: "strokes",
    count: DEFAULT_COUNT[split],
    imageShape: [PICTURE_SIZE, PICTURE_SIZE, 1],
    classes: CLASSES,
    classLabels: Array.from({ length: CLASSES }, (_, label) => label),
  };
}

/** Draws the whole data set, labelled 0 … 9 in equal numbers (± 1). Blocks its thread for a second or two. */
export function generateStrokes(options: StrokesOptions = {}): Dataset {
  const drawing = drawStrokes(options);
  for (;;) {
    const next = drawing.next();
    if (next.done === true) return next.value;
  }
}

/** Draws the same data set in chunks: yields how many pictures are done, of how many; returns the data set. */
export function* drawStrokes(
  options: StrokesOptions = {},
): Generator<{ readonly done: number; readonly total: number }, Dataset> {
  const { seed = STROKES_SEED, split = "train" } = options;
  const { count = DEFAULT_COUNT[split] } = options;
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    throw new GanglionError(
      "DATA",
      `strokes cannot draw ${count} pictures: give a whole number from 1 to ${MAX_COUNT}`,
    );
  }
  const random = stream(seed, "strokes", split);
  const draw = createDrawer();
  const pixels = PICTURE_SIZE * PICTURE_SIZE;
  const imageShape = [PICTURE_SIZE, PICTURE_SIZE, 1] as const;
  const images = new Uint8Array(new SharedArrayBuffer(count * pixels)); // [N, 28, 28, 1]
  const labels = new Uint8Array(new SharedArrayBuffer(count)); // [N]
  labels.set(shuffled(count, random).map((place) => place % CLASSES));
  const fingerprint = startFingerprint(count, imageShape, true);

  for (let done = 0; done < count;) {
    const end = Math.min(count, done + CHUNK);
    for (let i = done; i < end; i++) draw(labels[i], random, images.subarray(i * pixels, (i + 1) * pixels));
    fingerprint.update(images.subarray(done * pixels, end * pixels));
    done = end;
    yield { done, total: count };
  }
  const classLabels = classLabelsOf(labels);
  return {
    name: "strokes",
    count,
    imageShape,
    classes: classLabels.length,
    classLabels,
    images,
    labels,
    warnings: [],
    fingerprint: fingerprint.update(labels).digest("hex"),
  };
}
