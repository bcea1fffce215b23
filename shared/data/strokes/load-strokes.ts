// The data set `strokes` in memory: drawn once on a machine (seconds of computing), afterwards read from the cache.
import type { Dataset, Split } from "../dataset.ts";
import type { DataFormat, ReadOptions } from "../format.ts";
import { STROKES, drawStrokes, summarizeStrokes } from "./strokes.ts";

export const strokes: DataFormat = {
  name: STROKES,
  isBuiltIn: true,
  takes: `"${STROKES}" (built in)`,
  recognizes: (source) => Promise.resolve(source === STROKES),
  read: (_source, split, options) => loadStrokes(split, options),
  summarize: summarizeStrokes,
};

/** Of what is drawn by default; the same on every machine. */
export const STROKES_FINGERPRINTS: Readonly<Record<Split, string>> = {
  train: "d96515631edeffee509ecd99d93f54b95e4d6f27a8ca1269c0671f1809f18faf",
  test: "ad6167f22f47e9d3b3ee47e720e9b3642969bf29368512ec834a0eca1996f009",
};

export interface LoadStrokesOptions extends ReadOptions {
  /** The cache's folder; null for none. By default the user's. */
  readonly folder?: string | null;
}

/** Lets the event loop turn meanwhile. A cache that cannot be used costs nothing but drawing again the next time. */
export async function loadStrokes(split: Split, options: LoadStrokesOptions = {}): Promise<Dataset> {
  // Flags name the formats, and are parsed before anything of this is needed.
  const [{ cachedDataset }, { packDataset }] = await Promise.all([
    import("../cache.ts"),
    import("../packed.ts"),
  ]);
  const { onProgress, ...cache } = options;
  let drawn: Dataset | undefined;
  const draw = async function* (): AsyncGenerator<Uint8Array> {
    drawn = await drawStrokes({ split, ...(onProgress && { onProgress }) });
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
