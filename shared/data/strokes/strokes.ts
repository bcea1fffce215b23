// The built-in data set `strokes`: handwritten-looking digits drawn by code, the same on every machine.
import { setImmediate as nextTurn } from "node:timers/promises";
import { GanglionError } from "../../errors.ts";
import { type Stream, shuffled, stream } from "../../random/random.ts";
import type { Split } from "../dataset.ts";
import type { OpenOptions } from "../format.ts";
import { sharedBytes } from "../shared-memory.ts";
import type { ImageSource } from "../source.ts";
import { createDrawer, PICTURE_SIZE } from "./handwriting.ts";

export const STROKES = "strokes";

export interface StrokesOptions extends OpenOptions {
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
/** Raised whenever other pictures are drawn. */
const VERSION = 1;

/**
 * Draws the data set as it is read, labelled 0 … 9 in equal numbers (± 1): a second or two of a core.
 *
 * @throws GanglionError DATA when `count` cannot be drawn
 */
export function openStrokes(options: StrokesOptions = {}): ImageSource {
  const { seed = STROKES_SEED, split = "train", onProgress } = options;
  const { count = DEFAULT_COUNT[split] } = options;
  if (!Number.isInteger(count) || count < 1 || count > MAX_COUNT) {
    throw new GanglionError(
      "DATA",
      `strokes cannot draw ${count} pictures: give a whole number from 1 to ${MAX_COUNT}`,
    );
  }
  const start = (): { readonly random: Stream; readonly labels: Uint8Array } => {
    const random = stream(seed, STROKES, split);
    const labels = sharedBytes(count); // [N]
    labels.set(shuffled(count, random).map((place) => place % CLASSES));
    return { random, labels };
  };
  return {
    format: "drawn by code",
    identity: [`${STROKES} ${VERSION}: ${count} of seed ${seed}`],
    labels: start().labels,
    classNames: null,
    notes: [],
    warnings: [],
    content: {
      kind: "pixels",
      count,
      imageShape: [PICTURE_SIZE, PICTURE_SIZE, 1],
      async *pixels() {
        const { random, labels } = start();
        const draw = createDrawer();
        const size = PICTURE_SIZE * PICTURE_SIZE;
        for (let done = 0; done < count;) {
          const images = new Uint8Array(Math.min(CHUNK, count - done) * size); // [n, 28, 28, 1]
          for (let at = 0; at < images.length; at += size)
            draw(labels[done++], random, images.subarray(at, at + size));
          onProgress?.("drawing", done, count);
          yield images;
          await nextTurn();
        }
      },
    },
  };
}
