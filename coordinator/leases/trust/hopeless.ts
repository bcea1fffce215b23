// When a task is given up: not because of one bad node, but when no node is there that could do better.
import { GanglionError } from "../../../shared/errors.ts";
import type { Work } from "../../../shared/protocol/messages.ts";
import type { Failure, OpenTask } from "../task.ts";
import type { Member } from "../../members/member.ts";
import { DIVERGED_REMEDY } from "../../guard/guard-messages.ts";

export const MAX_FAILURES = 3;
/** Where so many nodes found the same, others are not asked any more. */
const ENOUGH_NODES = 5;

export interface HopelessOptions {
  /** Who can be given work at present. */
  readonly available: readonly Pick<Member, "id">[];
  /** Whether these nodes may decide, or others are waited for, which may do better. */
  readonly mayDecide: (nodes: ReadonlySet<string>) => boolean;
}

/**
 * Whether a task that failed so often has no hope: every node that is here has failed at it, or five have, and those that
 * have may decide.
 */
export function isHopeless(failures: readonly Failure[], { available, mayDecide }: HopelessOptions): boolean {
  if (failures.length < MAX_FAILURES) return false;
  const nodes = new Set(failures.map(({ node }) => node));
  if (nodes.size < ENOUGH_NODES && available.some(({ id }) => !nodes.has(id))) return false;
  return mayDecide(nodes);
}

/** What every node that was asked found of some work. */
export class NotFiniteError extends GanglionError {
  readonly work: Work;

  constructor(message: string, work: Work) {
    super("DIVERGED", message);
    this.work = work;
  }
}

/** Divergence is what every node finds that was asked; anything else is the nodes' failure. */
export function failureOf({ work, failures }: Pick<OpenTask, "work" | "failures">): GanglionError {
  const names = [...new Set(failures.map(({ node }) => node))];
  const times = `${failures.length} times`;
  if (failures.every(({ kind }) => kind === "not finite")) {
    const where =
      names.length === 1
        ? `on node ${names[0]}, the only one there is, ${times}`
        : `on any node that was asked (${names.join(", ")})`;
    return new NotFiniteError(`the results are not finite ${where}: ${DIVERGED_REMEDY}`, work);
  }
  const { node, reason } = failures.at(-1)!;
  return new GanglionError("WORKER", `a lease failed ${times}, last on node ${node}: ${reason}`);
}

/** What may be right: every node finds it where training diverges. Only another node's answer shows that it is a mistake. */
export function isDoubtful(kind: Failure["kind"]): boolean {
  return kind === "not finite" || kind === "far off";
}

/** `node a`, `nodes a, b`. */
export function nodesOf(failures: readonly Pick<Failure, "node">[]): string {
  const names = [...new Set(failures.map(({ node }) => node))];
  return `node${names.length === 1 ? "" : "s"} ${names.join(", ")}`;
}
