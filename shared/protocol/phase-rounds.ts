// In which steps a phase has a round, and which round follows another.

interface Recurring {
  /** It has a round in the steps whose number (0 is the first) is divisible by this. */
  readonly every: number;
}

export function hasRound({ every }: Recurring, step: number): boolean {
  return step % every === 0;
}

/** Rounds of the phase in `steps` steps from step `from` on. */
export function roundsIn({ every }: Recurring, from: number, steps: number): number {
  return Math.ceil((from + steps) / every) - Math.ceil(from / every);
}

/** A phase of a step, by its number, and where it begins in the sample stream. */
export interface Round {
  readonly phase: number;
  readonly step: number;
  readonly position: number;
}

/** Of a phase: what decides which round follows, and where that begins. */
interface Sampling extends Recurring {
  readonly shards: number;
  readonly shardSize: number;
  readonly usesSamples: boolean;
}

/** The round that follows, if the run goes on: of a later phase of the step, or of a later step. */
export function roundAfter(phases: readonly Sampling[], { phase, step, position }: Round): Round {
  const { shards, shardSize, usesSamples } = phases[phase];
  const next = { phase, step, position: usesSamples ? position + shards * shardSize : position };
  do {
    next.phase++;
    if (next.phase === phases.length) {
      next.phase = 0;
      next.step++;
    }
  } while (!hasRound(phases[next.phase], next.step));
  return next;
}
