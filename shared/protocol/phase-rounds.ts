// In which steps a phase has a round: in those whose number (0 is the first) is divisible by its `every`.

interface Recurring {
  readonly every: number;
}

export function hasRound({ every }: Recurring, step: number): boolean {
  return step % every === 0;
}

/** Rounds of the phase in `steps` steps from step `from` on. */
export function roundsIn({ every }: Recurring, from: number, steps: number): number {
  return Math.ceil((from + steps) / every) - Math.ceil(from / every);
}
