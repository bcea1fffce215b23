// Whether a contribution is plausible: its norms, compared with those of the phase's other shards.
//
// A norm that is far outside of the others' is no proof: gradients may have heavy tails, and a run that diverges has such
// norms on every node. So nothing is refused for it alone: another node computes the same shards, and two that agree
// are right. What no second node confirms is refused, before it is summed.
import type { PhasePlan } from "../../../shared/protocol/messages.ts";
import { type ContributionSection, sectionsOf } from "../../update/sections.ts";

/** So many times the usual norm is far. Healthy GANs were seen to reach 21 times (the presets); broken memory, 1e20. */
const FAR = 1000;
/** No norm below FAR · this is far, whatever is usual: a loss with a margin has a gradient of zero in most rounds. */
const LEAST = 1;
/** Before anything is usual: no loss of size 1 has such a slope. */
const UNKNOWN = 1e4;
/** What is usual follows the rounds' medians up at once, and down by so much a round. */
const FADING = 0.99;
/** Norms that differ by less are the same: engines round differently. */
const AGREEING = 0.1;

/**
 * L2 norms of a contribution's parts, a shard: [parts]. Parts are what has a size of its own: each network's gradient, the
 * metrics, the moving statistics.
 */
export type Norms = readonly number[];

/** What is usual of each phase of a run. */
export class Plausibility {
  readonly #phases = new Map<string, PhaseNorms>();

  of(phase: PhasePlan): PhaseNorms {
    const known = this.#phases.get(phase.name) ?? new PhaseNorms(sectionsOf(phase.contribution));
    this.#phases.set(phase.name, known);
    return known;
  }
}

/** What is usual of one phase. */
export class PhaseNorms {
  readonly sections: readonly ContributionSection[];
  /** By part; empty before the first round. */
  #usual: number[] = [];
  #round: Norms[] = [];

  constructor(sections: readonly ContributionSection[]) {
    this.sections = sections;
  }

  /** Of the parts, from the squares of the sections. */
  normsOf(squares: readonly number[]): Norms {
    const parts = new Map<string, number>();
    for (const [i, { network, name }] of this.sections.entries()) {
      const part = network === null ? name : `gradient of ${network}`;
      parts.set(part, (parts.get(part) ?? 0) + squares[i]);
    }
    return [...parts.values()].map(Math.sqrt);
  }

  /** Whether contributions of another node, or earlier rounds, can be compared with. */
  get isKnown(): boolean {
    return this.#usual.length > 0 || this.#round.length > 0;
  }

  /** Whether a part's norm is far outside of what is usual, or of this round's where nothing is yet. */
  isFar(norms: Norms): boolean {
    const round = this.#usual.length > 0 ? this.#usual : medians(this.#round);
    return norms.some((norm, part) => norm > FAR * Math.max(round[part] ?? UNKNOWN, LEAST));
  }

  /** The largest of the parts' usual norms; 1 before anything is. */
  get usual(): number {
    return Math.max(LEAST, ...this.#usual);
  }

  /** An accepted contribution to the present round. */
  take(norms: Norms): void {
    this.#round.push(norms);
  }

  endRound(): void {
    const round = medians(this.#round);
    this.#round = [];
    this.#usual = round.map((median, part) => Math.max(median, FADING * (this.#usual[part] ?? 0)));
  }
}

/** Whether `norms` are far outside of `others`, as `isFar` would say if those were usual. */
export function areFarFrom(norms: Norms, others: Norms): boolean {
  return norms.some((norm, part) => norm > FAR * Math.max(others[part], LEAST));
}

/** Whether two nodes have found the same. */
export function agree(a: Norms, b: Norms): boolean {
  return a.every((norm, part) => Math.abs(norm - b[part]) <= AGREEING * Math.max(norm, b[part]));
}

/** By part, the lower of the two in the middle: of two contributions the smaller is the measure. */
function medians(round: readonly Norms[]): number[] {
  const [first] = round;
  if (!first) return [];
  return first.map(
    (_, part) => round.map((norms) => norms[part]).sort((a, b) => a - b)[Math.floor((round.length - 1) / 2)],
  );
}
