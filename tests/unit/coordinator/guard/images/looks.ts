// Looks of a probe made by hand: images as seeded vectors.
import type { Look } from "../../../../../coordinator/guard/images/look.ts";
import { PROBE } from "../../../../../shared/protocol/slot-names.ts";
import { type Stream, stream } from "../../../../../shared/random/random.ts";

export const COUNT = 64;
const PIXELS = 100;

export interface Made {
  readonly real?: readonly Float32Array[];
  readonly fake?: readonly Float32Array[];
  readonly features?: { readonly real: readonly Float32Array[]; readonly fake: readonly Float32Array[] };
  readonly scores?: { readonly real: readonly number[]; readonly fake: readonly number[] };
  readonly relus?: Readonly<Record<string, number>>;
}

/** Data of any variety and a healthy generator, unless it says otherwise. */
export function lookOf({ real = pictures(1), fake = pictures(2), features, scores, relus = {} }: Made): Look {
  const rowOf = (score: number): Float32Array => Float32Array.of(score);
  return {
    rows: {
      [PROBE.images.real]: real,
      [PROBE.images.fake]: fake,
      ...(features && { [PROBE.features.real]: features.real, [PROBE.features.fake]: features.fake }),
      ...(scores && {
        [PROBE.scores.real]: scores.real.map(rowOf),
        [PROBE.scores.fake]: scores.fake.map(rowOf),
      }),
    },
    relus: new Map(Object.entries(relus)),
  };
}

/** All different: each pixel from a normal distribution of this deviation. */
export function pictures(seed: number, deviation = 0.5, count = COUNT): Float32Array[] {
  const random = stream(seed, "pictures");
  return Array.from({ length: count }, () => noise(random, deviation));
}

/** Of `kinds` pictures, each with a little noise of its own. */
export function copies(seed: number, kinds: number, deviation = 0.02): Float32Array[] {
  const random = stream(seed, "copies");
  const originals = pictures(seed, 0.5, kinds);
  return Array.from({ length: COUNT }, (_, i) => {
    const own = noise(random, deviation);
    return originals[i % kinds].map((pixel, p) => pixel + own[p]);
  });
}

export function normals(seed: number, mean: number, deviation: number): number[] {
  const random = stream(seed, "scores");
  return Array.from({ length: COUNT }, () => mean + deviation * random.normal());
}

function noise(random: Stream, deviation: number): Float32Array {
  return Float32Array.from({ length: PIXELS }, () => deviation * random.normal());
}
