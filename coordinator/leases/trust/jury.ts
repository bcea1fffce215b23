// Whether nodes may decide by themselves that a result is not finite, or that a norm is as far off as it looks.
import type { Members } from "../../members/members.ts";

/** Fewer than these may all be bad, … */
const SEVERAL_NODES = 3;
/** … unless one has contributed so often that it is no stranger, … */
const SEASONED = 100;
/** … or no node has come for so long, nor is one preparing, … */
const JOIN_MS = 30_000;
/** … which may take so long. */
const PREPARE_MS = 600_000;

export interface JuryOptions {
  readonly members: Pick<Members, "all">;
  /** No other node can join. */
  readonly isClosed: boolean;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Whether these nodes may decide by themselves; `joinedAt` is when the newest node came, by the clock. */
export function mayDecide(
  nodes: ReadonlySet<string>,
  joinedAt: number,
  { members, isClosed, now }: JuryOptions,
): boolean {
  if (isClosed || nodes.size >= SEVERAL_NODES) return true;
  const all = members.all();
  if (all.some(({ id, contributions }) => nodes.has(id) && contributions >= SEASONED)) return true;
  const waitedMs = now() - joinedAt;
  const isPreparing = all.some(({ id, state }) => state === "joining" && !nodes.has(id));
  return waitedMs >= (isPreparing ? PREPARE_MS : JOIN_MS);
}
