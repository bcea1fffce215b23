// Systems measured in turns, A B A B: other load on the machine hits all alike, and ratios are taken within each round.
import { type Speed, median } from "./speed.ts";

export interface System {
  /** For the table. */
  readonly system: string;
  measure(stop?: AbortSignal): Promise<Speed>;
}

/** One system's speed in every round. */
export interface Row {
  readonly system: string;
  readonly speeds: readonly Speed[];
}

/** `done` hears of each round: the speeds in the systems' order. Throws the reason of `stop` when it is aborted. */
export async function measureInTurns(
  systems: readonly System[],
  rounds: number,
  done: (round: number, speeds: readonly Speed[]) => void,
  stop?: AbortSignal,
): Promise<readonly Row[]> {
  const rows = systems.map(({ system }) => ({ system, speeds: [] as Speed[] }));
  for (let round = 1; round <= rounds; round++) {
    for (const [i, system] of systems.entries()) {
      stop?.throwIfAborted();
      rows[i].speeds.push(await system.measure(stop));
    }
    done(
      round,
      rows.map(({ speeds }) => speeds.at(-1)!),
    );
  }
  return rows;
}

/** How much faster one system was than another. */
export interface Ratio {
  /** The median over the rounds; null where they disagree. */
  readonly ratio: number | null;
  /** (greatest - least) / median of the rounds' ratios. */
  readonly spread: number;
  /** The median ratio of processor time a step and thread, which other load on the machine changes least. */
  readonly cpuRatio: number;
}

/** Rounds whose ratios differ by more say nothing: the machine had other work in some of them. */
export const MOST_SPREAD = 0.15;

/** By how many times `a` was faster than `b`. */
export function ratioOf(a: Row, b: Row): Ratio {
  const ratios = a.speeds.map((speed, round) => speed.imagesPerSecond / b.speeds[round].imagesPerSecond);
  const middle = median(ratios);
  const spread = (Math.max(...ratios) - Math.min(...ratios)) / middle;
  const cpuRatio = median(a.speeds.map(({ cpuMs }, round) => b.speeds[round].cpuMs / cpuMs));
  return { ratio: spread > MOST_SPREAD ? null : middle, spread, cpuRatio };
}

/** Why there is no ratio, and what to do. `load`: the machine's average of the last minute. */
export function unsteadyText({ spread }: Pick<Ratio, "spread">, load: number, cores: number): string {
  return (
    `no ratio: the rounds disagree by ${(100 * spread).toFixed(0)} %, more than ${(100 * MOST_SPREAD).toFixed(0)} % ` +
    `(load ${load.toFixed(2)} on ${cores} cores): end what else runs here, or give more steps a round (--steps)`
  );
}
