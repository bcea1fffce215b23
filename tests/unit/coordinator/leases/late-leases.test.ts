// What is late goes to somebody idle as well, and the first valid answer wins.
import { describe, expect, test, vi } from "vitest";
import type { Lease } from "../../../../shared/protocol/messages.ts";
import { type FakeMember, leasesOf } from "../../../support/fake-members.ts";
import { openLeases, workIndex } from "../../../support/open-leases.ts";

describe("a lease that is late", () => {
  test("goes to an idle member too, once; the first valid answer wins, and the other does not count", async () => {
    const { members, leases, results, warnings, held, clock, begin } = await open(1000, "a", "b", "c");
    const [a, b, c] = members.ready();
    const done = begin(a, b, c);
    clock.now += 1000;
    members.answer(b, held(b).id);
    clock.now += 999;
    leases.review();
    expect(leasesOf(b).map(workIndex)).not.toContain(0);
    clock.now += 1;
    leases.review();
    expect([held(a), held(b)].map(workIndex)).toEqual([0, 0]);
    members.answer(c, held(c).id);
    clock.now += 3000; // by now the second is late as well
    leases.review();
    expect(leasesOf(c).map(workIndex)).not.toContain(0); // it is out twice already, which is enough
    const late = held(a);
    members.answer(b, held(b).id, [7]);
    await done;
    expect(leasesOf(a)).not.toContain(late); // cancelled
    members.answer(a, late.id, [666]);
    expect(results.slice(-3).map(({ index, node }) => `${index} by ${node}`)).toEqual([
      "1 by b",
      "2 by c",
      "0 by b",
    ]);
    expect(leases.counts).toEqual({ received: 7, accepted: 6, duplicate: 0, stale: 1, rejected: {} });
    expect(warnings).toEqual([]);
    expect(members.borrowed.size).toBe(0);
  });

  test("goes to whoever becomes idle, and may still win; while the batch lasts the other is a duplicate", async () => {
    const { members, leases, results, held, clock, begin } = await open(1000, "a", "b", "c");
    const [a, b, c] = members.ready();
    const done = begin(a, b, c);
    clock.now += 2500; // all are late, and nobody is idle
    leases.review();
    expect([a, b, c].map((member) => workIndex(held(member)))).toEqual([0, 1, 2]);
    members.answer(b, held(b).id);
    clock.now += 249;
    leases.review();
    expect(workIndex(held(b))).toBe(1); // an answer has just come: others may be waiting to be heard
    clock.now += 100;
    leases.review();
    const second = held(b);
    expect(workIndex(second)).toBe(0);
    members.answer(a, held(a).id, [7]);
    expect(leasesOf(b)).not.toContain(second);
    members.answer(b, second.id, [666]);
    members.answer(c, held(c).id);
    await done;
    expect(results.find(({ index, values }) => index === 0 && values[0] === 7)).toMatchObject({ node: "a" });
    expect(leases.counts).toMatchObject({ duplicate: 1, stale: 0 });
  });

  test("is still out once when the one or the other leaves, fails or is refused", async () => {
    for (const way of ["leaves", "fails", "is refused"] as const) {
      for (const loser of ["a", "b"]) {
        const { members, leases, results, held, clock, begin } = await open(1000, "a", "b");
        const [a, b] = members.ready();
        const done = begin(a);
        clock.now += 2000;
        leases.review();
        const [lost, kept] = loser === "a" ? [a, b] : [b, a];
        const keptLease = held(kept);
        if (way === "leaves") members.leave(lost);
        else if (way === "fails") members.fail(lost, held(lost).id);
        else members.answer(lost, held(lost).id, [NaN]);
        members.answer(kept, keptLease.id, [7]);
        await done;
        expect(results.at(-1), `${loser} ${way}`).toEqual({ index: 0, values: [7], node: kept.id });
      }
    }
  });

  test("is noticed by a timer, which ends with the batch", async () => {
    vi.useFakeTimers();
    try {
      const { members, held, clock, begin } = await open(1000, "a", "b");
      const [a, b] = members.ready();
      const done = begin(a);
      clock.now += 2000;
      await vi.advanceTimersByTimeAsync(1999);
      expect(leasesOf(b).map(workIndex)).not.toContain(0);
      await vi.advanceTimersByTimeAsync(1);
      members.answer(b, held(b).id);
      await done;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  test("of a short task has a pause more, so that a collection of garbage is not late", async () => {
    const { members, leases, held, clock, begin } = await open(5, "a", "b");
    const [a, b] = members.ready();
    void begin(a);
    clock.now += 104;
    leases.review();
    expect(leasesOf(b).map(workIndex)).not.toContain(0);
    clock.now += 1;
    leases.review();
    expect(workIndex(held(b))).toBe(0);
  });

  test("that is overdue as well is taken back from both, each at its own deadline", async () => {
    const { members, leases, held, clock, begin, warnings } = await open(1000, "a", "b");
    const [a, b] = members.ready();
    void begin(a);
    clock.now += 2000;
    leases.review();
    clock.now += 8000;
    leases.review(); // the first had 10 s
    expect(warnings).toEqual(["WORKER: node a did not answer a lease within 10 s: it is leased again"]);
    expect(workIndex(held(b))).toBe(0);
    expect(leasesOf(a).map(workIndex)).not.toContain(0);
    clock.now += 2000;
    leases.review();
    expect(leasesOf(b).map(workIndex)).not.toContain(0);
    expect(workIndex(held(a))).toBe(0); // another than b, which had it last
  });
});

describe("a probe", () => {
  /** `slow` computes what `a` has as well. */
  async function probe() {
    const opened = await open(1000, "a", "slow");
    const { members, task, held, complete } = opened;
    const [a, slow] = members.ready();
    const begin = (): Promise<void> => complete([{ ...task(0), preferred: a, probe: slow }]);
    const done = begin();
    return { ...opened, a, slow, done, begin, mine: held(slow) };
  }

  test("is leased at once, beside the first, and may win", async () => {
    const { members, results, held, a, slow, done, mine } = await probe();
    expect([held(a), mine].map(workIndex)).toEqual([0, 0]);
    const lost = held(a);
    members.answer(slow, mine.id, [7]);
    await done;
    expect(leasesOf(a)).not.toContain(lost); // cancelled
    expect(results.at(-1)).toEqual({ index: 0, values: [7], node: "slow" });
  });

  test("goes on when it has lost, without another, until its answer shows how fast the node is", async () => {
    const { members, leases, held, clock, a, slow, done, begin, mine } = await probe();
    members.answer(a, held(a).id, [7]);
    await done;
    const second = begin();
    expect(held(slow)).toBe(mine); // neither cancelled nor joined by one more
    members.answer(a, held(a).id);
    await second;
    clock.now += 500;
    members.answer(slow, mine.id, [7]);
    expect(leases.counts).toMatchObject({ accepted: 4, duplicate: 1, stale: 0 });
    members.answer(slow, mine.id, [7]); // a second time it is none of this batch
    expect(leases.counts).toMatchObject({ duplicate: 1, stale: 1 });
    void begin();
    expect(held(slow)).not.toBe(mine);
    expect(members.borrowed.size).toBe(0);
  });

  test("that is overdue is cancelled, and one of a node that left is forgotten", async () => {
    const { members, leases, warnings, held, clock, a, slow, done, begin, mine } = await probe();
    members.answer(a, held(a).id, [7]);
    await done;
    void begin();
    clock.now += 10_000;
    leases.review();
    expect(warnings).toContain(
      "WORKER: node slow did not answer a lease within 10 s: it gets no other work now, and will be measured again later",
    );
    expect(leasesOf(slow)).not.toContain(mine);
    members.leave(slow);
    members.answer(slow, mine.id);
    expect(leases.counts).toMatchObject({ stale: 1 });
  });
});

/** Members that each took so long for a turn in a first batch; from then on that is expected of them. */
async function open(turnMs: number, ...ids: readonly string[]) {
  const opened = openLeases();
  const { members, clock, task, complete } = opened;
  const begin = (...of: readonly FakeMember[]): Promise<void> =>
    complete(of.map((preferred, index) => ({ ...task(index), preferred })));
  for (const id of ids) members.join(id);
  const first = complete(members.ready().map((preferred, i) => ({ ...task(100 + i), preferred })));
  clock.now += turnMs;
  for (const member of members.ready()) members.answer(member, leasesOf(member)[0].id);
  await first;
  /** The newest lease of a member. */
  const held = (member: FakeMember): Lease => leasesOf(member).at(-1)!;
  return { ...opened, begin, held };
}
