// What is leased: a piece of work that one node computes as a whole, and what becomes of its result.
import type { Work } from "../../shared/protocol/messages.ts";
import type { Envelope } from "../../shared/transport/transport.ts";
import type { Member } from "../members/member.ts";

export interface Item {
  readonly work: Work;
  /** Weights version to compute with. */
  readonly version: number;
  readonly body?: Float32Array;
  /** How long it takes compared with others: shards of a phase. */
  readonly size: number;
  /** Who should get it first; anyone when absent or gone. */
  readonly preferred?: Member;
  /** Who gets it as well, so that it is seen how fast it is by now. */
  readonly trial?: Member;
  /** Checks and keeps a result; returns why it is refused, or null. Takes over the envelope when it returns null. */
  accept(result: Float32Array, member: Member, envelope: Envelope): Rejection | null;
  /** How far off the answers are that were, in a clause; null where none was. */
  describeDoubt?(): string | null;
  /** Nodes whose answers were far off, and are not what was accepted in the end. */
  contradicted?(): ReadonlySet<string>;
}

/** `far off`: it may be right, and is when another node finds the same. */
export type Rejection = "length" | "body" | "not finite" | "far off" | "out of range";
