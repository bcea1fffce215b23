// The contributions to one round: each is checked before it goes into the sum, by itself and beside the others.
import { span } from "../../shared/spans.ts";
import type { PhasePlan } from "../../shared/protocol/messages.ts";
import type { Envelope } from "../../shared/transport/transport.ts";
import { type Block, TreeSum } from "../../shared/tree-sum.ts";
import type { Vectors } from "../update/vector-threads/vectors.ts";
import type { Contributed } from "../records/ledger.ts";
import type { Rejection } from "./task.ts";
import type { Leases } from "./leases.ts";
import type { Member } from "../members/member.ts";
import { type Norms, type PhaseNorms, agree, areFarFrom } from "./trust/plausibility.ts";
import type { ZeroWatch } from "../guard/zero-gradient-detector.ts";

export interface ContributionsOptions {
  readonly phase: PhasePlan;
  readonly vectors: Vectors;
  readonly norms: PhaseNorms;
  readonly zeros: ZeroWatch;
  /** Who could be asked for a second opinion, and whether one is needed. */
  readonly leases: Pick<Leases, "available" | "mayDecide">;
}

interface Answer {
  readonly node: string;
  readonly norms: Norms;
}

/** A first answer, which waits for one of another node to be compared with. */
interface Held extends Answer {
  readonly block: Block;
  readonly include: () => void;
  readonly release: () => void;
}

export class Contributions {
  readonly #options: ContributionsOptions;
  readonly #sum: TreeSum;
  readonly #included: Contributed[] = [];
  /** What was found and is far off, by the block's first shard. */
  readonly #doubts = new Map<number, { readonly block: Block; readonly answers: Answer[] }>();
  /** By first shard: what is in the sum. */
  readonly #accepted = new Map<number, Norms>();
  #held: Held[] = [];

  constructor(options: ContributionsOptions) {
    const { phase, vectors } = options;
    this.#options = options;
    this.#sum = new TreeSum(phase.shards, undefined, (into, from) => vectors.add(into, from));
  }

  /** Checks a block's sum, [P of the contribution layout]; takes over the envelope when it returns null. */
  accept(block: Block, vector: Float32Array, member: Member, envelope: Envelope): Rejection | null {
    const { phase, vectors, norms: known, zeros, leases } = this.#options;
    if (vector.length !== phase.contribution.length) return "length";
    const measured = span("averaging", () => vectors.measure(vector, known.parts));
    if (measured.judgement === "not finite") return "not finite";
    const norms = measured.norms.map((norm) => norm / block.shards);
    const answer: Answer = { node: member.id, norms };
    const include = (): void => {
      zeros.take(member, measured.judgement);
      known.take(answer.norms);
      this.#accepted.set(block.first, answer.norms);
      span("averaging", () => this.#sum.add(block, vector, () => envelope.release()));
      this.#included.push({ ...block, node: member.id });
    };
    if (this.#held.some(({ node }) => node !== member.id)) this.#compareHeld(answer);
    if (known.isFar(answer.norms) && !this.#isConfirmed(block, answer)) {
      this.#doubtsOf(block).push(answer);
      return "far off";
    }
    const isFirst = !known.isKnown && !this.#doubts.has(block.first);
    if (isFirst && leases.available().some(({ id }) => id !== member.id))
      this.#held.push({ ...answer, block, include, release: () => envelope.release() });
    else include();
    return null;
  }

  /** How far off the answers to a block are, beside what is usual; null where none is. */
  describeDoubt({ first }: Block): string | null {
    const answers = this.#doubts.get(first)?.answers ?? [];
    if (answers.length === 0) return null;
    const norm = Math.max(...answers.flatMap(({ norms }) => norms));
    return `far off: norms of up to ${norm.toPrecision(3)} a shard, where ${this.#options.norms.usual.toPrecision(3)} is usual`;
  }

  /** Nodes whose answers to a block were far off, and not what is in the sum now. */
  contradicted(block: Block): ReadonlySet<string> {
    const accepted = this.#accepted.get(block.first);
    if (!accepted) return new Set();
    const { answers = [] } = this.#doubts.get(block.first) ?? {};
    const wrong = answers.filter(({ norms }) => !agree(norms, accepted));
    return new Set(wrong.map(({ node }) => node));
  }

  /** Blocks that are not in the sum though each has an answer: those of a first node that another's have put in doubt. */
  missing(): Block[] {
    for (const { include } of this.#held) include(); // nobody else has answered
    this.#held = [];
    return [...this.#doubts.values()]
      .map(({ block }) => block)
      .filter(({ first }) => !this.#accepted.has(first));
  }

  /** The sum over all shards, once there is nothing missing. */
  take(): { readonly vector: Float32Array; readonly contributions: readonly Contributed[]; release(): void } {
    this.#options.norms.endRound();
    const whole = this.#sum.take();
    const contributions = this.#included.toSorted((a, b) => a.first - b.first);
    return { vector: whole.vector, contributions, release: () => whole.release() };
  }

  /** What the first node found goes into the sum, or is in doubt beside another's answer. */
  #compareHeld(other: Answer): void {
    for (const held of this.#held) {
      if (areFarFrom(held.norms, other.norms)) {
        this.#doubtsOf(held.block).push(held);
        held.release();
      } else held.include();
    }
    this.#held = [];
  }

  /** Whether others have found the same, if those who have may decide; or, where all that are here disagree, whether this is the smallest. */
  #isConfirmed(block: Block, { node, norms }: Answer): boolean {
    const { leases } = this.#options;
    const { answers = [] } = this.#doubts.get(block.first) ?? {};
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

  #doubtsOf(block: Block): Answer[] {
    const known = this.#doubts.get(block.first) ?? { block, answers: [] };
    this.#doubts.set(block.first, known);
    return known.answers;
  }
}
