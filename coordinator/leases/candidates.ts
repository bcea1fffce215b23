// Who may get a lease of a task, and who of them does: pure functions of who is here and what has become of the task.
import type { Member } from "../members/member.ts";
import { type OpenTask, hasFailed } from "./task.ts";

/** Whether a node has made a mistake that is not forgiven. */
type IsDoubted = (node: string) => boolean;

/** Whether a task waits for other nodes, or for a while: all that are here have failed at it. */
export function isOnHold(task: OpenTask, ready: readonly Member[], now: number): boolean {
  return now < task.notBefore && ready.every(({ id }) => hasFailed(task, id));
}

/**
 * For a task without a lease: its preferred member the first time; then those that have not failed at it, and of them
 * those without a mistake, as far as there are any. Empty only where no member is ready.
 */
export function candidatesFor(
  task: OpenTask,
  ready: readonly Member[],
  isDoubted: IsDoubted,
): readonly Member[] {
  const { preferred, lastMember } = task;
  if (preferred && !lastMember && ready.includes(preferred)) return [preferred];
  const others = ready.filter((member) => member !== lastMember);
  const untried = others.filter(({ id }) => !hasFailed(task, id));
  return firstWithAny(withoutMistake(untried, isDoubted), untried, others, ready);
}

/** For one more lease of a late task: who has not had it, and of them who has answered before without a mistake. */
export function backupsFor(
  task: OpenTask,
  ready: readonly Member[],
  holders: ReadonlySet<Member>,
  isDoubted: IsDoubted,
): readonly Member[] {
  const others = ready
    .filter((member) => !holders.has(member) && member !== task.lastMember)
    .filter(({ id }) => !hasFailed(task, id));
  const sound = withoutMistake(others, isDoubted);
  const proven = sound.filter(({ contributions }) => contributions > 0);
  return firstWithAny(proven, sound, others);
}

/** The member that would be done first; the first of equals, null of none. */
export function soonest(members: readonly Member[], doneInMs: (member: Member) => number): Member | null {
  let best: Member | null = null;
  for (const member of members) if (!best || doneInMs(member) < doneInMs(best)) best = member;
  return best;
}

function withoutMistake(members: readonly Member[], isDoubted: IsDoubted): readonly Member[] {
  return members.filter(({ id }) => !isDoubted(id));
}

function firstWithAny(...groups: readonly (readonly Member[])[]): readonly Member[] {
  return groups.find(({ length }) => length > 0) ?? [];
}
