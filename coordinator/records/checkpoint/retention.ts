// Which checkpoints stay when a newer one is written.
import type { RunConfig } from "../../../shared/config/config.ts";

/** So many of the newest stay beside the thinned ones: where one is damaged, the run goes on from the one before. */
const NEWEST = 3;
/** Of so many checkpoints one stays for good. */
const ONE_OF = 10;

export type RetentionRule = Pick<RunConfig, "keep" | "checkpointEvery">;

/**
 * Decides by steps and measurements alone, so that a resumed run keeps what the uninterrupted one would have kept:
 *
 *   thinned   the newest 3, and the first checkpoint in every stretch of 10 · checkpointEvery steps but the first
 *   N         the newest N
 *   all       every one
 *
 * and with each the best by FID among those that are there. The first of a stretch is the one of its first step, unless
 * the cadence was another when the stretch began: then what stayed under that cadence is thinned, and not dropped.
 */
export class Retention {
  readonly #rule: RetentionRule;
  /** By step. */
  readonly #fids = new Map<number, number>();

  constructor(rule: RetentionRule) {
    this.#rule = rule;
  }

  /** A measurement of the weights of `step`; what is not finite says nothing, and the last of one step counts. */
  measured(step: number, fid: number): void {
    if (Number.isFinite(fid)) this.#fids.set(step, fid);
    else this.#fids.delete(step);
  }

  /** Whether the weights of this step are measured, and better than all others. */
  isBest(step: number): boolean {
    return this.#fids.has(step) && bestOf([...this.#fids.keys()], this.#fids) === step;
  }

  /** Those of `steps`, the checkpoints that are there in any order, that stay. */
  keeps(steps: readonly number[]): ReadonlySet<number> {
    const { keep } = this.#rule;
    const newestFirst = [...steps].sort((a, b) => b - a);
    const best = bestOf(newestFirst, this.#fids);
    const kept = new Set(best === null ? [] : [best]);
    for (const step of newestFirst.slice(0, newestOf(keep))) kept.add(step);
    if (keep === "thinned") for (const step of firstsOf(newestFirst, stretchOf(this.#rule))) kept.add(step);
    return kept;
  }
}

/** How many of the newest stay, whatever else does. */
function newestOf(keep: RunConfig["keep"]): number {
  if (keep === "all") return Infinity;
  return keep === "thinned" ? NEWEST : keep;
}

/** Steps of which one checkpoint stays for good. */
function stretchOf({ checkpointEvery }: RetentionRule): number {
  return ONE_OF * checkpointEvery;
}

/** Before the first stretch is over there is nothing yet to be thinned. */
function firstsOf(newestFirst: readonly number[], stretch: number): Iterable<number> {
  const firsts = new Map<number, number>();
  for (const step of newestFirst) if (step >= stretch) firsts.set(Math.floor(step / stretch), step);
  return firsts.values();
}

/** The least FID; of equal ones the earliest step. Null where none of `steps` is measured. */
function bestOf(steps: readonly number[], fids: ReadonlyMap<number, number>): number | null {
  let best: number | null = null;
  for (const step of steps) {
    const fid = fids.get(step);
    if (fid === undefined) continue;
    const least = best === null ? Infinity : fids.get(best)!;
    if (fid < least || (fid === least && step < best!)) best = step;
  }
  return best;
}

/** How many checkpoints a run of `steps` that is never stopped leaves, its last step's among them; without the best by FID. */
export function keptAtEnd(rule: RetentionRule, steps: number): number {
  const { keep, checkpointEvery } = rule;
  const written = Math.ceil(steps / checkpointEvery);
  if (keep !== "thinned") return Math.min(written, newestOf(keep));
  const stretch = stretchOf(rule);
  const newest = Array.from({ length: Math.min(NEWEST, written) }, (_, back) =>
    back === 0 ? steps : (written - back) * checkpointEvery,
  );
  return Math.floor(steps / stretch) + newest.filter((step) => step % stretch !== 0).length;
}
