// How long work takes: what is usual for each kind of it, and how much longer or shorter each node needs.
//
//   expected ms = usual ms a wave of this kind · the node's pace · waves + the node's overhead
//   waves       = shards that the node has to do / shards that it does at once
//
// A wave is one shard on each of a node's threads; the overhead is what is not computing: sending, and waiting
// for the coordinator. Shares, second leases and deadlines rest on it; the weights do not.
//
// Usual times and paces are fixed only up to a common factor, so that factor is held: `compare` makes the median pace 1,
// and in between `observe` moves both by the same steps, one weaker than the other, so that neither drifts.
import type { Work } from "../../../shared/protocol/messages.ts";
import type { Member } from "../../members/member.ts";
import {
  FASTER_SHARE,
  LONGEST,
  type NodeSpeed,
  PACE_BOUNDS,
  SLOWER_SHARE,
  adjustSpeed,
  clamp,
  firstSpeed,
  wavesOf,
} from "./node-speed.ts";
import { Stragglers } from "./stragglers.ts";

/** What was measured of an answer, in milliseconds. */
export interface Measured {
  /** From the lease to its answer. */
  readonly elapsedMs: number;
  /** What the node says it computed of that. */
  readonly computeMs: number;
  /** Its time was up before, perhaps more than once: if this took long too, that was no pause. */
  readonly wasOverdue?: boolean;
}

/** How long work should take. */
export interface Expected {
  readonly ms: number;
  /** Whether it rests on work of this kind, on other kinds, or on nothing but the size of the work. */
  readonly from: "this kind" | "other kinds" | "its size";
}

/** How fast a node is for a round's shards, beside the median node of the round. */
export interface Speed {
  /** How long a wave takes, where the median is 1. */
  readonly wave: number;
  /** Shards that it does at once. */
  readonly atOnce: number;
  /** What its answers need beyond those of others, in waves of the median node. */
  readonly delay: number;
}

/** Shorter waves are not told apart: there it is not computing that takes the time. */
const SHORTEST_MS = 1;
/** Times that differ by less are not told apart. */
const NOISE = 1.25;
/** An overhead counts in shares where it makes a round so many times as long; less may be waiting for other nodes' answers. */
const DELAYED = 3;
/** What nobody has measured is taken to be computed at so many operations a second. */
const PLAUSIBLE_FLOPS = 1e9;
/** Whatever is measured, no wave leaves these bounds: 1 ns to a day. */
const WAVE_BOUNDS = [1e-6, 86_400_000] as const;

export interface SpeedModelOptions {
  readonly warn: (code: string, message: string) => void;
  /** Milliseconds. */
  readonly now?: () => number;
  /** Floating-point operations of a wave; a kind that costs twice as many as another should take twice as long. */
  readonly operations?: (work: Work) => number;
}

export class SpeedModel {
  /** Milliseconds a wave, by kind of work. */
  readonly #usual = new Map<string, { waveMs: number; readonly operations: number }>();
  readonly #known = new WeakMap<Member, NodeSpeed>();
  /** Milliseconds. */
  readonly #overheads = new WeakMap<Member, number>();
  readonly #stragglers: Stragglers;
  readonly #operations: (work: Work) => number;

  constructor({ warn, now = () => performance.now(), operations = () => 1 }: SpeedModelOptions) {
    this.#stragglers = new Stragglers(warn, now);
    this.#operations = operations;
  }

  /** Until a node's answer is here, if it has so many shards to do; finite and not negative. */
  expected(member: Member, work: Work, shards: number): Expected {
    const waves = wavesOf(shards, this.#atOnceOf(member)) * this.#paceOf(member);
    const overheadMs = this.#overheadOf(member);
    const usual = this.#usual.get(kindOf(work));
    if (usual) return { ms: usual.waveMs * waves + overheadMs, from: "this kind" };
    const operations = this.#operations(work);
    const likely = [...this.#usual.values()].map((other) => other.waveMs * (operations / other.operations));
    const waveMs = Math.max(...likely);
    return Number.isFinite(waveMs)
      ? { ms: clamp(waveMs, WAVE_BOUNDS) * waves + overheadMs, from: "other kinds" }
      : { ms: clamp((1000 * operations) / PLAUSIBLE_FLOPS, WAVE_BOUNDS) * waves, from: "its size" };
  }

  /** A node's answer was accepted, or would have been. */
  observe(member: Member, work: Work, shards: number, measured: Measured): void {
    this.#stragglers.measured(member);
    const elapsedMs = clamp(measured.elapsedMs, [0, WAVE_BOUNDS[1]]);
    const computeMs = Math.min(measured.computeMs, elapsedMs);
    const overhead = this.#overheads.get(member);
    const expected = this.expected(member, work, shards);
    const longest = measured.wasOverdue ? Infinity : LONGEST;
    const isNew = overhead === undefined || expected.from !== "this kind";
    this.#overheads.set(
      member,
      blend(overhead, Math.min(elapsedMs - computeMs, isNew ? Infinity : longest * expected.ms)),
    );

    const waves = wavesOf(shards, this.#atOnceOf(member));
    const spentMs = Math.max(computeMs, SHORTEST_MS * waves);
    if (work.kind === "phase") member.shardMs = blend(member.shardMs ?? undefined, spentMs / waves);
    const usual = this.#usual.get(kindOf(work));
    const known = this.#known.get(member);
    if (!usual) {
      const waveMs = clamp(spentMs / waves / this.#paceOf(member), WAVE_BOUNDS);
      this.#usual.set(kindOf(work), { waveMs, operations: Math.max(1, this.#operations(work)) });
      if (!known) this.#know(member, { pace: 1, atOnce: member.threads });
    } else if (!known) this.#know(member, firstSpeed(member, shards, spentMs / usual.waveMs));
    else {
      const factor = adjustSpeed(known, member, { shards, waves: spentMs / usual.waveMs, longest });
      usual.waveMs = clamp(usual.waveMs * factor, WAVE_BOUNDS);
    }
  }

  /** A node had not answered after so long, when another had or its time was up: it needs at least as long. */
  observeTimeout(member: Member, work: Work, shards: number, elapsedMs: number): void {
    const usual = this.#usual.get(kindOf(work));
    if (!usual) return;
    this.#stragglers.measured(member);
    const before = this.#paceOf(member);
    const atOnce = this.#atOnceOf(member);
    const waveMs = (elapsedMs - this.#overheadOf(member)) / wavesOf(shards, atOnce);
    const least = Math.min(waveMs / usual.waveMs, LONGEST * before);
    if (least > before) this.#know(member, { pace: least, atOnce });
  }

  /**
   * How fast each node is for a round of so many shards, in steps of a quarter; as the median where the difference is
   * less than a quarter of the round, with the overhead that answers have. Warns once of a node that keeps needing three
   * times as long as the others.
   */
  compare(members: readonly Member[], work: Work, shards: number): Speed[] {
    if (members.length === 0) return [];
    this.#holdScale(members);
    const usual = this.#usual.get(kindOf(work))?.waveMs ?? Infinity; // before it is measured, only the pace tells
    const threads = members.reduce((total, member) => total + this.#atOnceOf(member), 0);
    const computeMs = (usual * shards) / threads;
    const overheadMs = medianOf(members.map((member) => this.#overheadOf(member)));
    const least = (NOISE - 1) * (1 + overheadMs / computeMs);
    return members.map((member) => {
      const pace = this.#paceOf(member);
      const matters = Math.abs(pace - 1) >= least;
      const beyondMs = this.#overheadOf(member) - overheadMs;
      const roundTimes = (computeMs + overheadMs + beyondMs) / (computeMs + overheadMs);
      const isDelayed = Number.isFinite(usual) && roundTimes >= DELAYED;
      this.#stragglers.compare(member, Math.max(matters ? pace : 1, isDelayed ? roundTimes : 1));
      return {
        wave: matters ? NOISE ** Math.round(Math.log(pace) / Math.log(NOISE)) : 1,
        atOnce: this.#atOnceOf(member),
        delay: isDelayed ? beyondMs / usual : 0,
      };
    });
  }

  /** A node got no shard of a round; whether it should be a probe, so that its speed is measured again. */
  leftOut(member: Member): boolean {
    return this.#stragglers.leftOut(member);
  }

  /** Makes the median pace 1 again; what is expected does not change. */
  #holdScale(members: readonly Member[]): void {
    const median = medianOf(members.map((member) => this.#paceOf(member)));
    if (median === 1) return;
    for (const member of members) {
      const known = this.#known.get(member);
      if (known) known.pace = clamp(known.pace / median, PACE_BOUNDS);
    }
    for (const usual of this.#usual.values()) usual.waveMs = clamp(usual.waveMs * median, WAVE_BOUNDS);
  }

  #know(member: Member, { pace, atOnce }: NodeSpeed): void {
    this.#known.set(member, { pace: clamp(pace, PACE_BOUNDS), atOnce });
  }

  #paceOf(member: Member): number {
    return this.#known.get(member)?.pace ?? 1;
  }

  /** What it says before it has shown it. */
  #atOnceOf(member: Member): number {
    return this.#known.get(member)?.atOnce ?? member.threads;
  }

  #overheadOf(member: Member): number {
    return this.#overheads.get(member) ?? 0;
  }
}

function blend(before: number | undefined, measured: number): number {
  if (before === undefined) return measured;
  const share = measured > before ? SLOWER_SHARE : FASTER_SHARE;
  return (1 - share) * before + share * measured;
}

/** Work that takes about the same time; shards of one phase do. */
function kindOf(work: Work): string {
  switch (work.kind) {
    case "phase":
      return `phase ${work.phase}`;
    case "features":
      return `features ${work.source}`;
    case "diagnose":
      return `diagnose ${work.phase}`;
    case "generate":
    case "evaluate":
    case "probe":
      return work.kind;
    default:
      return work satisfies never;
  }
}

/** The lower of the two in the middle, so that of two nodes the faster one is the measure. */
function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
