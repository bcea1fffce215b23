// The bench: nodes that keep making mistakes get no leases for 10, 20, 40 s …
//
// (As a supervisor restarts a process that crashes.) Mistakes count by node, whatever work they happened at, and over its sessions.

/** So many mistakes more than good answers make up for; a first one may be chance. */
const MOST_FAULTS = 3;
/** Share of a mistake that a good answer makes up for. */
const FORGIVEN = 0.1;
const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;
/** Names that are remembered; a name costs an attacker nothing. */
const MOST_NAMES = 10_000;

export interface BenchOptions {
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

interface Faults {
  /** Mistakes, less what was forgiven. */
  faults: number;
  /** Milliseconds, by the clock; until then it takes no leases. */
  until: number;
  /** How long the last time was; 0 where all is forgiven. */
  lastMs: number;
}

export class Bench {
  readonly #options: BenchOptions;
  /** By the node's name; those without a mistake are not in it. */
  readonly #records = new Map<string, Faults>();

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  /** A node made a mistake: `what`, a clause. Returns whether it takes no leases from now on. */
  fault(node: string, what: string): boolean {
    const record = this.#records.get(node) ?? { faults: 0, until: -Infinity, lastMs: 0 };
    this.#remember(node, record);
    if (this.isBenched(node)) return true; // of work that was out before
    if (++record.faults < MOST_FAULTS) return false;
    record.lastMs = record.lastMs === 0 ? FIRST_MS : Math.min(2 * record.lastMs, LONGEST_MS);
    record.until = this.#options.now() + record.lastMs;
    record.faults = MOST_FAULTS - 1; // the next one benches it again
    this.#options.warn(
      "WORKER",
      `node ${node} gets no work for ${Math.round(record.lastMs / 1000)} s, since it makes mistakes again and again (the last: ${what}); if it goes on, stop the node and try its machine with ganglion doctor`,
    );
    return true;
  }

  /** A node's answer was accepted. */
  good(node: string): void {
    const record = this.#records.get(node);
    if (!record) return;
    record.faults -= FORGIVEN;
    if (record.faults <= 0) this.#records.delete(node);
  }

  isBenched(node: string): boolean {
    const record = this.#records.get(node);
    return record !== undefined && this.#options.now() < record.until;
  }

  /** Whether it has made a mistake that is not forgiven. */
  isDoubted(node: string): boolean {
    return this.#records.has(node);
  }

  /** Milliseconds until the first of them is back; Infinity where none is benched. */
  returnsInMs(): number {
    const now = this.#options.now();
    const left = [...this.#records.values()].map(({ until }) => until - now).filter((ms) => ms > 0);
    return Math.min(Infinity, ...left);
  }

  /** The newest last; where there are too many, the oldest that is not benched is forgotten. */
  #remember(node: string, record: Faults): void {
    this.#records.delete(node);
    this.#records.set(node, record);
    if (this.#records.size <= MOST_NAMES) return;
    for (const name of this.#records.keys()) {
      if (this.isBenched(name)) continue;
      this.#records.delete(name);
      return;
    }
  }
}
