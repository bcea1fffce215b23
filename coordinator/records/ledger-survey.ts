// What the ledger of a resumed run lacks, or has too often, in one sentence.

/** More gaps than these are not listed. */
const MOST_GAPS = 3;

/** Gets the lines of a ledger one by one; every version from 1 on must be in it once. */
export class LedgerSurvey {
  readonly #versions = new Set<number>();
  #kept = 0;
  #damaged = 0;

  /** A commit that stays in the ledger. */
  kept(version: number): void {
    this.#kept++;
    this.#versions.add(version);
  }

  /** A line that is no commit, and does not stay. */
  damaged(): void {
    this.#damaged++;
  }

  /** What is wrong up to the version that the run goes on from, as a sentence about the ledger; null if nothing is. */
  faultUpTo(version: number): string | null {
    const gaps = this.#gaps(version);
    const named = gaps.slice(0, MOST_GAPS).map(([from, to]) => (from === to ? `${from}` : `${from} … ${to}`));
    if (gaps.length > MOST_GAPS) named.push("…");
    const missing = gaps.reduce((sum, [from, to]) => sum + to - from + 1, 0);
    const repeated = this.#kept - this.#versions.size;
    const faults = [
      ...(missing > 0 ? [`lacks ${missing} of ${version} commits (version ${named.join(", ")})`] : []),
      ...(repeated > 0 ? [`has ${repeated} commits that it has already`] : []),
      ...(this.#damaged > 0 ? [`had ${this.#damaged} lines that are no commits, which were dropped`] : []),
    ];
    return faults.length > 0 ? faults.join(", and ") : null;
  }

  /** The first and the last of each, in order. */
  #gaps(version: number): [from: number, to: number][] {
    const gaps: [number, number][] = [];
    let next = 1;
    for (const present of [...this.#versions, version + 1].sort((a, b) => a - b)) {
      if (present > next) gaps.push([next, present - 1]);
      next = Math.max(next, present + 1);
    }
    return gaps;
  }
}
