// How long work takes: what is usual for each kind of it, and how much longer or shorter each node needs.
//
//   expected ms = usual ms a turn of this kind · the node's pace · turns + the node's way
//
// A turn is one shard on each of a node's threads; the way is what is not computing: sending, and waiting for the
// coordinator. Shares, second leases and deadlines rest on it; the weights do not.
import type { Work } from "../shared/protocol/messages.ts";
import type { Member } from "./members.ts";

/** What was measured of an answer, in milliseconds. */
export interface Measured {
  /** From the lease to its answer. */
  readonly elapsedMs: number;
  /** What the node says it computed of that. */
  readonly computeMs: number;
}

/** Share of a new measurement in what is usual, and in what is known of a node that became slower or faster. */
const USUAL_SHARE = 0.1;
const SLOWER_SHARE = 0.25;
const FASTER_SHARE = 0.5;
/** Shorter turns are not told apart: there it is not computing that takes the time. */
const SHORTEST_MS = 1;
/** One measurement counts as at most so many times what was expected: a pause is not a pace. */
const LONGEST = 2;
/** Times that differ by less are not told apart. */
const NOISE = 1.25;
/**
 * So many times the others' pace is worth a warning, in so many rounds running in which it was measured, and for so long:
 * who comes back late from a broker's absence, or was stopped for a moment, is no straggler. Below half of it that is
 * forgotten.
 */
const STRAGGLES = 3;
const ROUNDS = 8;
const LASTS_MS = 10_000;
/** A node that is too slow for a shard is tried soon, in case that was a pause, and in the end every so many rounds. */
const TRIAL_EVERY = 16;

export class Pace {
  /** Milliseconds a turn, by kind of work. */
  readonly #usual = new Map<string, number>();
  readonly #paces = new WeakMap<Member, number>();
  /** Milliseconds. */
  readonly #ways = new WeakMap<Member, number>();
  /** Measured since the last comparison. */
  readonly #measured = new WeakSet<Member>();
  readonly #slowness = new WeakMap<Member, Slowness>();
  /** Rounds since a node that is slow had a share. */
  readonly #leftOut = new WeakMap<Member, number>();
  readonly #warn: (code: string, message: string) => void;
  readonly #now: () => number;

  /** `now` in milliseconds. */
  constructor(warn: (code: string, message: string) => void, now: () => number = () => performance.now()) {
    this.#warn = warn;
    this.#now = now;
  }

  /** Milliseconds until a node's answer is here; null before anything like it was measured. */
  expectedMs(member: Member, work: Work, turns: number): number | null {
    const usual = this.#usual.get(kindOf(work));
    return usual === undefined ? null : usual * this.#paceOf(member) * turns + this.#wayOf(member);
  }

  /** A node's answer was accepted, or would have been. */
  observe(member: Member, work: Work, turns: number, measured: Measured): void {
    this.#measured.add(member);
    const computeMs = Math.min(measured.computeMs, measured.elapsedMs);
    const way = this.#ways.get(member);
    const expected = way === undefined ? null : this.expectedMs(member, work, turns);
    const wayMs = Math.min(measured.elapsedMs - computeMs, LONGEST * (expected ?? Infinity));
    this.#ways.set(member, blend(way, wayMs));

    const kind = kindOf(work);
    const turnMs = Math.max(computeMs / turns, SHORTEST_MS);
    const usual = this.#usual.get(kind) ?? turnMs / this.#paceOf(member);
    const before = this.#paces.get(member);
    const pace = blend(before, Math.min(turnMs / usual, LONGEST * (before ?? Infinity)));
    this.#paces.set(member, pace);
    this.#usual.set(kind, (1 - USUAL_SHARE) * usual + USUAL_SHARE * (turnMs / pace));
    if (work.kind === "phase") member.shardMs = blend(member.shardMs ?? undefined, computeMs / turns);
  }

  /** A node had not answered after so long, when another had or its time was up: it needs at least as much. */
  beaten(member: Member, work: Work, turns: number, elapsedMs: number): void {
    const usual = this.#usual.get(kindOf(work));
    if (usual === undefined) return;
    this.#measured.add(member);
    const before = this.#paceOf(member);
    const least = Math.min((elapsedMs - this.#wayOf(member)) / turns / usual, LONGEST * before);
    if (least > before) this.#paces.set(member, least);
  }

  /**
   * How long a turn of this work takes on each node, as a multiple of the median, in steps of a quarter, for a round of
   * so many shards; 1 where the difference is less than a quarter of the round, with the way that
   * answers have. Warns once of a node that keeps needing three times as long as the others.
   */
  compare(members: readonly Member[], work: Work, shards: number): number[] {
    const usual = this.#usual.get(kindOf(work)) ?? Infinity; // before it is measured, only the pace tells
    const median = medianOf(members.map((member) => this.#paceOf(member)));
    const threads = members.reduce((total, member) => total + member.threads, 0);
    const computeMs = (usual * median * shards) / threads;
    const wayMs = medianOf(members.map((member) => this.#wayOf(member)));
    const least = (NOISE - 1) * (1 + wayMs / computeMs);
    return members.map((member) => {
      const times = this.#paceOf(member) / median;
      const matters = Math.abs(times - 1) >= least;
      if (this.#measured.delete(member)) this.#tell(member, matters ? times : 1);
      if (!matters) this.#leftOut.delete(member);
      return matters ? NOISE ** Math.round(Math.log(times) / Math.log(NOISE)) : 1;
    });
  }

  /** A node got no shard of a round; whether it should be tried all the same, to see how fast it is by now. */
  leftOut(member: Member): boolean {
    const rounds = (this.#leftOut.get(member) ?? 0) + 1;
    this.#leftOut.set(member, rounds);
    return rounds < TRIAL_EVERY ? Number.isInteger(Math.log2(rounds)) : rounds % TRIAL_EVERY === 0;
  }

  #paceOf(member: Member): number {
    return this.#paces.get(member) ?? 1;
  }

  #wayOf(member: Member): number {
    return this.#ways.get(member) ?? 0;
  }

  /** A node was measured, and takes so many times as long as the others. */
  #tell(member: Member, times: number): void {
    const { rounds, since, told } = this.#slowness.get(member) ?? {
      rounds: 0,
      since: this.#now(),
      told: false,
    };
    if (times < (told ? STRAGGLES / 2 : STRAGGLES)) {
      this.#slowness.delete(member);
      return;
    }
    const lasts = rounds + 1 >= ROUNDS && this.#now() - since >= LASTS_MS;
    this.#slowness.set(member, { rounds: rounds + 1, since, told: told || lasts });
    if (told || !lasts) return;
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
  /** It was warned of. */
  readonly told: boolean;
}

function blend(before: number | undefined, measured: number): number {
  if (before === undefined) return measured;
  const share = measured > before ? SLOWER_SHARE : FASTER_SHARE;
  return (1 - share) * before + share * measured;
}

/** Work that takes about the same time; shards of one phase do. */
function kindOf(work: Work): string {
  return work.kind === "phase" ? `phase ${work.phase}` : work.kind;
}

/** The lower of the two in the middle, so that of two nodes the faster one is the measure; NaN of none. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
