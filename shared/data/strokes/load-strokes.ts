// The data set `strokes` in memory: drawn once on a machine (seconds of computing), afterwards read from the cache.
import { setImmediate as nextTurn } from "node:timers/promises";
import { cachedDataset } from "../cache.ts";
import type { Dataset, Split } from "../dataset.ts";
import { packDataset } from "../packed.ts";
import { drawStrokes } from "./strokes.ts";

/** Of what is drawn by default; the same on every machine. */
export const STROKES_FINGERPRINTS: Readonly<Record<Split, string>> = {
  train: "d96515631edeffee509ecd99d93f54b95e4d6f27a8ca1269c0671f1809f18faf",
  test: "ad6167f22f47e9d3b3ee47e720e9b3642969bf29368512ec834a0eca1996f009",
};

export interface LoadStrokesOptions {
  /** Called while pictures are drawn: images done, images in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** The cache's folder; null for none. By default the user's. */
  readonly folder?: string | null;
}

/** Lets the event loop turn meanwhile. A cache that cannot be used costs nothing but drawing again the next time. */
export async function loadStrokes(split: Split, options: LoadStrokesOptions = {}): Promise<Dataset> {
  const { onProgress, ...cache } = options;
  let drawn: Dataset | undefined;
  const draw = async function* (): AsyncGenerator<Uint8Array> {
    drawn = await drawInTurns(split, onProgress);
    yield* packDataset(drawn);
  };
  try {
    return await cachedDataset(STROKES_FINGERPRINTS[split], draw, cache);
  } catch (error) {
    // A machine that draws other pictures is not stopped here: its fingerprint tells whoever it matters to.
    if (drawn) return drawn;
    throw error;
  }
}

async function drawInTurns(split: Split, onProgress: LoadStrokesOptions["onProgress"]): Promise<Dataset> {
  const drawing = drawStrokes({ split });
  for (;;) {
    const next = drawing.next();
    if (next.done === true) return next.value;
    onProgress?.(next.value.done, next.value.total);
    await nextTurn();
  }
}
