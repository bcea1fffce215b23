// Leases over fake members, with a clock that only the test moves.
import type { Item, Rejection } from "../../coordinator/leases/task.ts";
import { Leases } from "../../coordinator/leases/leases.ts";
import type { Member } from "../../coordinator/members/member.ts";
import { Pace } from "../../coordinator/leases/speed/speed-model.ts";
import { createLog } from "../../shared/log.ts";
import { FakeMembers } from "./fake-members.ts";

export interface LeaseResult {
  readonly index: number;
  readonly values: readonly number[];
  readonly node: string;
}

/** Items take one finite number each, and are named by their index. */
export function openLeases({ isClosed = true }: { readonly isClosed?: boolean } = {}) {
  const members = new FakeMembers();
  const clock = { now: 0 };
  const warnings: string[] = [];
  const results: LeaseResult[] = [];
  const warn = (code: string, message: string): void => void warnings.push(`${code}: ${message}`);
  const leases = new Leases({
    members,
    pace: new Pace({ warn, now: () => clock.now }),
    isClosed,
    log: createLog({ stderr: "silent" }),
    warn,
    now: () => clock.now,
  });
  const item = (index: number): Item => ({
    work: { kind: "generate", first: index, images: 1 },
    version: 0,
    size: 1,
    accept(result: Float32Array, member: Member, envelope): Rejection | null {
      if (result.length !== 1) return "length";
      if (!Number.isFinite(result[0])) return "not finite";
      results.push({ index, values: [...result], node: member.id });
      envelope.release();
      return null;
    },
  });
  return { members, leases, clock, warnings, results, item };
}

export function complete(leases: Leases, items: readonly Item[]): Promise<void> {
  return leases.complete(items, new AbortController().signal);
}

export function workIndex({ work }: { readonly work: Item["work"] }): number {
  return work.first;
}
