// Shards are divided over members so that all are done at about the same time.
import { describe, expect, test } from "vitest";
import type { Speed } from "../../../../../coordinator/leases/speed/speed-model.ts";
import { divideShards } from "../../../../../coordinator/leases/speed/shares.ts";
import { stream } from "../../../../../shared/random/random.ts";
import { alignedBlocks } from "../../../../../shared/tree-sum.ts";
import { type FakeMember, FakeMembers } from "../../../../support/fake-members.ts";

describe("divideShards", () => {
  test("gives contiguous ranges in proportion to threads, largest first", () => {
    const members = membersOf(1, 2, 1);
    expect(counts(8, members)).toEqual({ "node-1": 4, "node-0": 2, "node-2": 2 });
    expect(divideShards(8, members).map(({ first, end }) => [first, end])).toEqual([[0, 4], [4, 6], [6, 8]]); // prettier-ignore
  });

  test("gives a node that needs twice as long half as much, and a much slower one nothing", () => {
    expect(counts(6, membersOf(1, 1), [1, 2])).toEqual({ "node-0": 4, "node-1": 2 });
    expect(counts(6, membersOf(1, 2), [1, 2])).toEqual({ "node-0": 3, "node-1": 3 }); // done at 3 and 4; 4 and 2: 4 and 2
    expect(counts(4, membersOf(1, 1, 1), [1, 10, 1])).toEqual({ "node-0": 2, "node-2": 2 });
  });

  test("covers every shard once and is done as early as can be, whatever the threads and paces", () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = stream(seed, "shares");
      const shards = 1 + random.integer(40);
      const threads = Array.from({ length: 1 + random.integer(9) }, () => 1 + random.integer(8));
      const waves = threads.map(() => 1 + random.integer(12));
      const members = membersOf(...threads);
      let end = 0;
      let doneAt = 0;
      for (const share of divideShards(shards, members, speeds(members, waves))) {
        expect(share.first, `seed ${seed}`).toBe(end);
        expect(share.end).toBeGreaterThan(share.first);
        end = share.end;
        const { threads: width } = share.member!;
        const time = Math.ceil((share.end - share.first) / width) * waves[members.indexOf(share.member!)];
        doneAt = Math.max(doneAt, time);
      }
      expect(end, `seed ${seed}`).toBe(shards);
      // Within a time t a member can do ⌊t / wave⌋ waves: the first t that is enough for all shards.
      let least = 1;
      while (threads.reduce((sum, width, i) => sum + width * Math.floor(least / waves[i]), 0) < shards)
        least++;
      expect(doneAt, `seed ${seed}`).toBe(least);
    }
  });

  test("needs one block of the tree a node where that can be", () => {
    const shares = divideShards(16, membersOf(2, 4, 2, 8));
    expect(shares.map(({ first, end }) => alignedBlocks(first, end, 16).length)).toEqual([1, 1, 1, 1]);
  });

  test("leaves out members that there is no shard for", () => {
    expect(counts(2, membersOf(1, 1, 1, 1))).toEqual({ "node-0": 1, "node-1": 1 });
  });

  test("gives all to whoever comes where nobody is here", () => {
    expect(divideShards(5, [])).toEqual([{ first: 0, end: 5 }]);
  });
});

function membersOf(...threads: number[]): FakeMember[] {
  const members = new FakeMembers();
  return threads.map((count, i) => members.join(`node-${i}`, count));
}

function counts(
  shards: number,
  members: readonly FakeMember[],
  waves?: readonly number[],
): Record<string, number> {
  return Object.fromEntries(
    divideShards(shards, members, waves && speeds(members, waves)).map(({ first, end, member }) => [
      member!.id,
      end - first,
    ]),
  );
}

/** Members that do as many shards at once as they have threads, in waves of these lengths. */
function speeds(members: readonly FakeMember[], waves: readonly number[]): Speed[] {
  return members.map(({ threads }, i) => ({ wave: waves[i], atOnce: threads, delay: 0 }));
}
