// Leases over fake members, with a clock that only the test moves.
import type { Results, Task } from "../../coordinator/leases/task.ts";
import { Leases } from "../../coordinator/leases/leases.ts";
import { SpeedModel } from "../../coordinator/leases/speed/speed-model.ts";
import { createLog } from "../../shared/log.ts";
import { FakeMembers } from "./fake-members.ts";

export interface LeaseResult {
  readonly index: number;
  readonly values: readonly number[];
  readonly node: string;
}

/** Tasks whose result is one finite number, named by their index. */
export function openLeases({ isClosed = true }: { readonly isClosed?: boolean } = {}) {
  const members = new FakeMembers();
  const clock = { now: 0 };
  const warnings: string[] = [];
  const results: LeaseResult[] = [];
  const warn = (code: string, message: string): void => void warnings.push(`${code}: ${message}`);
  const leases = new Leases({
    members,
    speedModel: new SpeedModel({ warn, now: () => clock.now }),
    isClosed,
    log: createLog({ stderr: "silent" }),
    warn,
    now: () => clock.now,
  });
  const task = (index: number): Task => ({
    work: { kind: "generate", first: index, images: 1 },
    version: 0,
    size: 1,
  });
  const receiver: Results<Task> = {
    accept({ work }, result, member, envelope) {
      if (result.length !== 1) return "length";
      if (!Number.isFinite(result[0])) return "not finite";
      results.push({ index: work.first, values: [...result], node: member.id });
      envelope.release();
      return null;
    },
  };
  const complete = (tasks: readonly Task[], signal = new AbortController().signal): Promise<void> =>
    leases.complete(tasks, receiver, signal);
  return { members, leases, clock, warnings, results, task, complete };
}

export function workIndex({ work }: Pick<Task, "work">): number {
  return work.first;
}
