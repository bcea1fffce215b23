// When a piece of work is given up: not by one bad node, but when those that could do better are not there.
import { GanglionError } from "../shared/errors.ts";
import type { Failure } from "./grant.ts";
import type { Member } from "./members.ts";
import { DIVERGED_REMEDY } from "./remedies.ts";

const MAX_FAILURES = 3;
/** Where so many nodes found the same, others are not asked any more. */
const ENOUGH_NODES = 5;
/** Fewer than these may all be bad: others are waited for, as long as a first time on the bench. */
const SEVERAL_NODES = 3;
export const JOIN_MS = 10_000;

export interface HopelessOptions {
  /** Milliseconds, by the coordinator's clock. */
  readonly now: number;
  /** No other node can join. */
  readonly isClosed: boolean;
  /** Who can be given work at present. */
  readonly available: readonly Pick<Member, "id">[];
}

/**
 * Whether an item that failed so often has no hope: every node that is here has failed at it, or five have, and they are
 * three or more, or nobody else came within ten seconds.
 */
export function isHopeless(
  failures: readonly Failure[],
  { now, isClosed, available }: HopelessOptions,
): boolean {
  if (failures.length < MAX_FAILURES) return false;
  const nodes = new Set(failures.map(({ node }) => node));
  if (nodes.size < ENOUGH_NODES && available.some(({ id }) => !nodes.has(id))) return false;
  return isClosed || nodes.size >= SEVERAL_NODES || now - failures[0].at >= JOIN_MS;
}

/** Divergence is what every node finds that was asked; anything else is the nodes' failure. */
export function failureOf(failures: readonly Failure[]): GanglionError {
  const names = [...new Set(failures.map(({ node }) => node))];
  const times = `${failures.length} times`;
  if (failures.every(({ kind }) => kind === "not finite")) {
    const where =
      names.length === 1
        ? `on node ${names[0]}, the only one there is, ${times}`
        : `on any node that was asked (${names.join(", ")})`;
    return new GanglionError("DIVERGED", `the results are not finite ${where}: ${DIVERGED_REMEDY}`);
  }
  const { node, reason } = failures.at(-1)!;
  return new GanglionError("WORKER", `a lease failed ${times}, last on node ${node}: ${reason}`);
}
