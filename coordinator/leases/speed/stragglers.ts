// Nodes that keep needing much longer than the others: who is worth a warning, and when one without shards is measured again.
import type { Member } from "../../members/member.ts";

/**
 * So many times the others' time is worth a warning, in so many rounds in a row in which it was measured, and for so
 * long: who comes back late from a broker's absence, or was stopped for a moment, is no straggler. Below half of it that
 * is forgotten.
 */
const STRAGGLES = 3;
const ROUNDS = 8;
const LASTS_MS = 10_000;
/** A node that is too slow for a shard is measured again soon, in case that was a pause, and later every so many rounds. */
const PROBE_EVERY = 16;

export class Stragglers {
  /** Measured since the last comparison. */
  readonly #measured = new WeakSet<Member>();
  readonly #slowness = new WeakMap<Member, Slowness>();
  /** Rounds since a node that is slow had a share. */
  readonly #leftOut = new WeakMap<Member, number>();
  readonly #warn: (code: string, message: string) => void;
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(warn: (code: string, message: string) => void, now: () => number) {
    this.#warn = warn;
    this.#now = now;
  }

  measured(member: Member): void {
    this.#measured.add(member);
  }

  /** In this round a node takes so many times as long as the others; 1 where it makes no difference. */
  compare(member: Member, times: number): void {
    if (this.#measured.delete(member)) this.#judge(member, times);
    if (times === 1) this.#leftOut.delete(member);
  }

  /** A node got no shard of a round; whether it should be a probe, so that its speed is measured again. */
  leftOut(member: Member): boolean {
    const rounds = (this.#leftOut.get(member) ?? 0) + 1;
    this.#leftOut.set(member, rounds);
    return rounds < PROBE_EVERY ? Number.isInteger(Math.log2(rounds)) : rounds % PROBE_EVERY === 0;
  }

  #judge(member: Member, times: number): void {
    const { rounds, since, warned } = this.#slowness.get(member) ?? {
      rounds: 0,
      since: this.#now(),
      warned: false,
    };
    if (times < (warned ? STRAGGLES / 2 : STRAGGLES)) {
      this.#slowness.delete(member);
      return;
    }
    const lasts = rounds + 1 >= ROUNDS && this.#now() - since >= LASTS_MS;
    this.#slowness.set(member, { rounds: rounds + 1, since, warned: warned || lasts });
    if (warned || !lasts) return;
    this.#warn(
      "WORKER",
      `node ${member.id} takes at least ${times.toFixed(1)} times as long as the others: it gets fewer shards; look at what else runs there`,
    );
  }
}

/** Of a node that is a straggler, or may be one. */
interface Slowness {
  /** In which it was measured. */
  readonly rounds: number;
  /** Milliseconds, by the clock. */
  readonly since: number;
  readonly warned: boolean;
}
