// The contributions to one round: each is checked, by itself and beside the others, before it goes into the sum.
import { span } from "../../shared/spans.ts";
import type { PhasePlan, Work } from "../../shared/protocol/messages.ts";
import type { Envelope } from "../../shared/transport/transport.ts";
import { TreeSum } from "../../shared/tree-sum.ts";
import type { Measured, Vectors } from "../update/vector-threads/vectors.ts";
import type { Contributed } from "../records/ledger.ts";
import type { Rejection, Results, Task } from "./task.ts";
import type { Leases } from "./leases.ts";
import type { Member } from "../members/member.ts";
import { type Norms, type PhaseNorms, agree, areFarFrom } from "./trust/plausibility.ts";
import type { ZeroGradientDetector } from "../guard/zero-gradient-detector.ts";

/** The sum over all S shards, [P of the contribution layout], borrowed until `release`. */
export interface RoundSum {
  readonly vector: Float32Array;
  readonly contributions: readonly Contributed[];
  /** Of each section of the mean, where one contribution is the whole sum: that was measured when it came. */
  readonly squares: readonly number[] | null;
  release(): void;
}

/** A block of a phase's shards. */
export interface ShardTask extends Task {
  readonly work: Extract<Work, { kind: "phase" }>;
}

export interface ContributionsOptions {
  readonly phase: PhasePlan;
  readonly vectors: Vectors;
  readonly norms: PhaseNorms;
  readonly zeros: ZeroGradientDetector;
  /** Who else could compute the same shards, and whether that is needed. */
  readonly leases: Pick<Leases, "available" | "mayDecide">;
}

interface Answer {
  readonly node: string;
  readonly norms: Norms;
}

/** An answer that may go into the sum: a first one waits for another node's, to be compared with. */
interface Candidate extends Answer {
  readonly member: Member;
  readonly task: ShardTask;
  /** Of the vector, divided by the phase's shards. */
  readonly measured: Measured;
  readonly vector: Float32Array;
  readonly envelope: Envelope;
}

export class Contributions implements Results<ShardTask> {
  readonly #options: ContributionsOptions;
  readonly #sum: TreeSum;
  readonly #included: Contributed[] = [];
  /** What was found and is far off, by the block's first shard. */
  readonly #doubts = new Map<number, { readonly task: ShardTask; readonly answers: Answer[] }>();
  /** By first shard: what is in the sum. */
  readonly #accepted = new Map<number, Norms>();
  #held: Candidate[] = [];
  #squares: readonly number[] | null = null;

  constructor(options: ContributionsOptions) {
    const { phase, vectors } = options;
    this.#options = options;
    this.#sum = new TreeSum(phase.shards, undefined, (into, from) => vectors.add(into, from));
  }

  /** Checks a block's sum, [P of the contribution layout]; takes over the envelope when it returns null. */
  accept(task: ShardTask, vector: Float32Array, member: Member, envelope: Envelope): Rejection | null {
    const { phase, vectors, norms: known, leases } = this.#options;
    const { first, shards } = task.work;
    if (vector.length !== phase.contribution.length) return "length";
    const measured = span("averaging", () => vectors.measure(vector, known.sections, 1 / phase.shards));
    const { judgement, squares } = measured;
    if (judgement === "not finite") return "not finite";
    const norms = known.normsOf(squares).map((norm) => norm * (phase.shards / shards));
    const candidate: Candidate = { node: member.id, norms, member, task, measured, vector, envelope };
    if (this.#held.some(({ node }) => node !== member.id)) this.#compareHeld(candidate);
    if (known.isFar(norms) && !this.#isConfirmed(candidate)) {
      this.#doubt(candidate);
      return "far off";
    }
    const isFirst = !known.isKnown && !this.#doubts.has(first);
    if (isFirst && leases.available().some(({ id }) => id !== member.id)) this.#held.push(candidate);
    else this.#include(candidate);
    return null;
  }

  /** How far off the answers to a block are, beside what is usual; null where none is. */
  describeDoubt({ work }: ShardTask): string | null {
    const answers = this.#doubts.get(work.first)?.answers ?? [];
    if (answers.length === 0) return null;
    const norm = Math.max(...answers.flatMap(({ norms }) => norms));
    return `far off: norms of up to ${norm.toPrecision(3)} a shard, where ${this.#options.norms.usual.toPrecision(3)} is usual`;
  }

  /** Nodes whose answers to a block were far off, and not what is in the sum now. */
  contradicted({ work }: ShardTask): ReadonlySet<string> {
    const accepted = this.#accepted.get(work.first);
    if (!accepted) return new Set();
    const { answers = [] } = this.#doubts.get(work.first) ?? {};
    const wrong = answers.filter(({ norms }) => !agree(norms, accepted));
    return new Set(wrong.map(({ node }) => node));
  }

  /** Blocks that are not in the sum though each has an answer: those of a first node that another's have put in doubt. */
  missing(): ShardTask[] {
    for (const candidate of this.#held) this.#include(candidate); // nobody else has answered
    this.#held = [];
    return [...this.#doubts.values()]
      .map(({ task }) => task)
      .filter(({ work }) => !this.#accepted.has(work.first));
  }

  /** The sum over all shards, once there is nothing missing. */
  take(): RoundSum {
    this.#options.norms.endRound();
    const whole = this.#sum.take();
    const contributions = this.#included.toSorted((a, b) => a.first - b.first);
    return { vector: whole.vector, contributions, squares: this.#squares, release: () => whole.release() };
  }

  #include({ member, norms, task, measured, vector, envelope }: Candidate): void {
    const { first, shards } = task.work;
    this.#options.zeros.take(member, measured.judgement);
    if (shards === this.#options.phase.shards) this.#squares = measured.squares;
    this.#options.norms.take(norms);
    this.#accepted.set(first, norms);
    span("averaging", () => this.#sum.add({ first, shards }, vector, () => envelope.release()));
    this.#included.push({ first, shards, node: member.id });
  }

  /** What the first node found goes into the sum, or is in doubt beside another's answer. */
  #compareHeld(other: Answer): void {
    for (const held of this.#held) {
      if (areFarFrom(held.norms, other.norms)) {
        this.#doubt(held);
        held.envelope.release();
      } else this.#include(held);
    }
    this.#held = [];
  }

  /** Whether others have found the same, if those who have may decide; or, where all that are here disagree, whether this is the smallest. */
  #isConfirmed({ task, node, norms }: Candidate): boolean {
    const { leases } = this.#options;
    const { answers = [] } = this.#doubts.get(task.work.first) ?? {};
    const agreeing = new Set(answers.filter((other) => agree(other.norms, norms)).map((other) => other.node));
    agreeing.add(node);
    if (agreeing.size > 1 && leases.mayDecide(agreeing)) return true;
    const asked = new Set([node, ...answers.map((other) => other.node)]);
    return (
      answers.length > 0 &&
      leases.available().every(({ id }) => asked.has(id)) &&
      leases.mayDecide(asked) &&
      answers.every((other) => norms.every((norm, part) => norm <= other.norms[part]))
    );
  }

  #doubt({ task, node, norms }: Candidate): void {
    const { first } = task.work;
    const known = this.#doubts.get(first) ?? { task, answers: [] };
    known.answers.push({ node, norms });
    this.#doubts.set(first, known);
  }
}
