// What each picture is drawn of: its latent vector and its class.
import { GanglionError } from "../../shared/errors.ts";
import { noiseNumber } from "../../shared/program/class-columns.ts";
import { stream } from "../../shared/random/random.ts";

/** Pictures by number, 0 … count - 1. */
export interface Pictures {
  readonly count: number;
  /** Writes the latent vector of one, [Z]. */
  noise(picture: number, out: Float32Array): void;
  /** Its class; asked for only where the generator takes labels. */
  classOf(picture: number): number;
}

export interface Choice {
  /** Picture i has the noise of the stream (seed, "sample", i), or of its row. */
  readonly seed: number;
  /** Instead of one seed: picture i is the first of seed `seeds[i]`. */
  readonly seeds?: readonly number[];
  readonly count: number;
  readonly classes: number;
  /** The classes that take turns; without them all of the data's. */
  readonly chosen?: readonly number[];
  /** Of a grid whose columns are these classes: a row of it shares its noise. */
  readonly columns?: number | null;
  /** ψ, 1 for the noise as it was trained with. */
  readonly truncation: number;
}

/** As `Choice` says it: the run's own samples where nothing is chosen. */
export function picturesOf({
  seed,
  seeds,
  count,
  classes,
  chosen,
  columns = null,
  truncation,
}: Choice): Pictures {
  return {
    count: seeds?.length ?? count,
    noise(picture, out) {
      (seeds
        ? stream(seeds[picture], "sample", 0)
        : stream(seed, "sample", noiseNumber(picture, columns))
      ).fillNormal(out);
      truncate(out, truncation);
    },
    classOf: (picture) => (chosen ? chosen[picture % chosen.length] : picture % classes),
  };
}

/**
 * ψ · z: towards the mean of the noise, which is 0, and so to pictures that are nearer to the usual ones and less varied.
 * With ψ = 0 all are the same (Brock et al. 2019 draw again what is large; StyleGAN scales towards the mean, as here).
 */
function truncate(noise: Float32Array, psi: number): void {
  if (psi !== 1) for (let i = 0; i < noise.length; i++) noise[i] *= psi;
}

/** `1,5,9-20` as numbers in the order given. @throws GanglionError USAGE */
export function parseSeeds(text: string): number[] {
  const seeds = text.split(",").flatMap((part) => {
    const [, first, last = first] = /^\s*(\d{1,15})(?:\s*-\s*(\d{1,15}))?\s*$/.exec(part) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (first === undefined || to < from || to - from >= MOST_SEEDS)
      throw new GanglionError(
        "USAGE",
        `--seeds ${text}: "${part}" is no seed and no range, give such as 1,5,9-20`,
      );
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  if (seeds.length > MOST_SEEDS)
    throw new GanglionError("USAGE", `--seeds ${text} are ${seeds.length}: give at most ${MOST_SEEDS}`);
  return seeds;
}

const MOST_SEEDS = 1_000_000;
