// Leases: every task gets one accepted result, whoever fails, leaves or is late, and every answer is counted.
import { describe, expect, test, vi } from "vitest";
import { stream } from "../../../../shared/random/random.ts";
import { leasesOf } from "../../../support/fake-members.ts";
import { openLeases, workIndex } from "../../../support/open-leases.ts";

const MINUTE = 60_000;

describe("a batch of leases", () => {
  test("is complete when every task has one accepted result", async () => {
    const { members, leases, results, task, complete } = openLeases();
    const [a, b] = [members.join("a"), members.join("b")];
    const done = complete([task(0), task(1), task(2)]);
    const held = [a, b].flatMap((member) => leasesOf(member).map(({ id }) => ({ member, id })));
    expect(held).toHaveLength(3);
    for (const { member, id } of held) members.answer(member, id, [10 + id]);
    await done;
    expect(results.map(({ index }) => index).sort((x, y) => x - y)).toEqual([0, 1, 2]);
    expect(leases.counts).toEqual({ received: 3, accepted: 3, duplicate: 0, stale: 0, rejected: {} });
    expect(a.contributions + b.contributions).toBe(3);
    expect(a.contributions).toBeGreaterThan(0);
    expect(b.contributions).toBeGreaterThan(0);
    expect(members.borrowed.size).toBe(0);
  });

  test("waits for a member, and goes to those that join later", async () => {
    const { members, results, task, complete } = openLeases();
    const done = complete([task(0), task(1)]);
    const late = members.join("late");
    for (const { id } of leasesOf(late)) members.answer(late, id);
    await done;
    expect(results).toHaveLength(2);
  });

  test("goes to the preferred member, then to the least busy by thread", () => {
    const { members, task, complete } = openLeases();
    const [two, one] = [members.join("two", 2), members.join("one", 1)];
    // one is preferred for a size of 2: load 2/1. Then two takes 1 (0/2 < 2/1), 1 (1/2), 1 (2/2), 1 (3/2), and at
    // 4/2 = 2/1 the first of equals, two, takes the next.
    void complete([{ ...task(0), size: 2, preferred: one }, ...[1, 2, 3, 4, 5].map(task)]);
    expect(leasesOf(one).map(workIndex)).toEqual([0]);
    expect(leasesOf(two).map(workIndex)).toEqual([1, 2, 3, 4, 5]);
  });

  test("rejects with the reason when it is aborted, cancels what is out, and counts what comes back as stale", async () => {
    const { members, leases, task, complete } = openLeases();
    const a = members.join("a");
    const controller = new AbortController();
    const done = complete([task(0), task(1)], controller.signal);
    const ids = leasesOf(a).map(({ id }) => id);
    controller.abort(new Error("the user has had enough"));
    await expect(done).rejects.toThrow("the user has had enough");
    expect(a.received.filter(({ type }) => type === "cancel")).toEqual(
      ids.map((lease) => ({ type: "cancel", lease })),
    );
    members.answer(a, ids[0]);
    expect(leases.counts).toMatchObject({ received: 1, accepted: 0, stale: 1 });
    expect(members.borrowed.size).toBe(0);

    await expect(complete([task(2)], controller.signal)).rejects.toThrow("the user has had enough");
    expect(leasesOf(a)).toEqual([]);
  });
});

test("what a batch waits for is told with the node that has it, and since when, or that none has", async () => {
  const { members, leases, clock, task, complete } = openLeases();
  expect(leases.out()).toEqual([]);
  const done = complete([task(0), task(1)]);
  const works = [0, 1].map((first) => ({ kind: "generate", first, images: 1 }));
  expect(leases.out()).toEqual(works.map((work) => ({ work, node: null, sinceMs: 0 })));
  const a = members.join("a");
  clock.now = 500;
  members.answer(a, leasesOf(a)[0].id);
  expect(leases.out()).toEqual([{ work: works[1], node: "a", sinceMs: 500 }]);
  members.answer(a, leasesOf(a)[1].id);
  await done;
  expect(leases.out()).toEqual([]);
});

describe("a lease that is lost", () => {
  test("goes to another member when its own leaves; its late answer is stale", async () => {
    const { members, leases, results, task, complete } = openLeases();
    const a = members.join("a");
    const done = complete([task(0)]);
    const b = members.join("b");
    const [{ id }] = leasesOf(a);
    members.leave(a);
    members.answer(a, id, [666]);
    expect(leases.counts).toMatchObject({ received: 1, stale: 1, accepted: 0 });
    members.answer(b, leasesOf(b)[0].id, [7]);
    await done;
    expect(results).toEqual([{ index: 0, values: [7], node: "b" }]);
  });

  test("goes to another member when its own fails, though that is preferred and less busy", async () => {
    const { members, results, warnings, task, complete } = openLeases();
    const [a, b] = [members.join("a", 8), members.join("b", 1)];
    const done = complete([{ ...task(0), preferred: a }]);
    members.fail(a, leasesOf(a)[0].id, "out of memory");
    expect(warnings).toEqual(["WORKER: node a failed at a lease: out of memory"]);
    expect(leasesOf(a)).toEqual([]); // cancelled
    members.answer(b, leasesOf(b)[0].id);
    await done;
    expect(results).toMatchObject([{ node: "b" }]);
  });

  test("is taken back at its deadline, not before; the late answer is stale, a duplicate once it is settled", async () => {
    const { members, leases, results, warnings, clock, task, complete } = openLeases();
    const a = members.join("a");
    const done = complete([task(0), { ...task(1), size: 1000 }]);
    const b = members.join("b");
    const [first, second] = leasesOf(a);
    clock.now += 5000 - 1;
    leases.review();
    expect(leasesOf(b)).toEqual([]);
    clock.now += 1;
    leases.review();
    expect(leasesOf(b).map(workIndex)).toEqual([0]); // late, as nobody knows how long it takes: b does it as well
    clock.now += MINUTE - 5001;
    leases.review();
    expect(leasesOf(a)).toHaveLength(2);
    clock.now += 1;
    leases.review();
    const again = leasesOf(b);
    expect(again.map(workIndex)).toEqual([0, 1]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toBe("WORKER: node a did not answer a lease within 60 s: it is leased again");

    members.answer(a, first.id, [666]); // b still computes it
    expect(leases.counts).toMatchObject({ stale: 1, duplicate: 0 });
    members.answer(b, again[0].id, [7]);
    members.answer(a, first.id, [666]); // now it is settled
    members.answer(b, again[0].id, [7]); // and the same answer once more
    members.answer(b, second.id, [666]); // a lease that was another's
    members.answer(a, again[1].id, [666]); // one that is another's
    expect(leases.counts).toMatchObject({ stale: 3, duplicate: 2, accepted: 1 });
    members.answer(b, again[1].id, [8]);
    await done;
    expect(results.map(({ values }) => values[0])).toEqual([7, 8]);
    expect(leases.counts.received).toBe(7);
    expect(members.borrowed.size).toBe(0);
  });

  test("has a deadline of ten times what is usual, for all that is queued before it", async () => {
    const { members, clock, task, complete } = openLeases();
    const a = members.join("a", 1);
    const first = complete([{ ...task(0), size: 2 }]);
    expect(leasesOf(a)[0].deadlineMs).toBe(MINUTE); // nothing is known yet, and there is next to nothing to compute
    clock.now += 4000; // 2 s a unit
    members.answer(a, leasesOf(a)[0].id);
    await first;

    const b = members.join("b", 2);
    const [one, two] = [{ preferred: a }, { preferred: b }];
    void complete([
      { ...task(1), ...one },
      { ...task(2), ...one },
      { ...task(3), ...one, size: 4 },
      { ...task(4), ...two, size: 3 },
    ]);
    const deadlines = (of: typeof a): number[] => leasesOf(of).map(({ deadlineMs }) => deadlineMs);
    expect(deadlines(a).slice(1)).toEqual([20_000, 40_000, 120_000]); // 10 · 2 s · (1, 1 + 1, 1 + 1 + 4)
    expect(deadlines(b)).toEqual([40_000]); // 10 · 2 s · ⌈3 / 2 threads⌉
  });

  test("never has less than ten seconds", async () => {
    const { members, clock, task, complete } = openLeases();
    const a = members.join("a");
    const first = complete([task(0)]);
    clock.now += 1;
    members.answer(a, leasesOf(a)[0].id);
    await first;
    void complete([task(1)]);
    expect(leasesOf(a)[1].deadlineMs).toBe(10_000);
  });
});

describe("a lease whose deadline was too short", () => {
  test("has twice as long each time it is given again, half an hour at most, and later ones what was learned", async () => {
    const { members, leases, clock, task, complete } = openLeases();
    const a = members.join("a");
    const first = complete([task(0)]);
    clock.now += 1;
    members.answer(a, leasesOf(a)[0].id);
    await first;

    const slow = complete([task(1)]); // the link has become slow
    const deadlines: number[] = [];
    for (let i = 0; i < 9; i++) {
      const { deadlineMs } = leasesOf(a).at(-1)!;
      deadlines.push(deadlineMs / 1000);
      clock.now += deadlineMs;
      leases.review();
    }
    expect(deadlines).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 1800]);
    clock.now += 1000 * 1000;
    members.answer(a, leasesOf(a).at(-1)!.id);
    await slow;

    void complete([task(2)]);
    expect(leasesOf(a).at(-1)!.deadlineMs).toBeGreaterThan(10_000);
  });
});

describe("a refused contribution", () => {
  test("of a wrong length is counted, given back, and computed again elsewhere", async () => {
    const { members, leases, results, task, complete } = openLeases();
    const [a, b] = [members.join("a"), members.join("b")];
    const done = complete([{ ...task(0), preferred: a }]);
    members.answer(a, leasesOf(a)[0].id, [1, 2]);
    expect(members.borrowed.size).toBe(0);
    members.answer(b, leasesOf(b)[0].id, [7]);
    await done;
    expect(results).toEqual([{ index: 0, values: [7], node: "b" }]);
    expect(leases.counts).toEqual({
      received: 2,
      accepted: 1,
      duplicate: 0,
      stale: 0,
      rejected: { length: 1 },
    });
  });

  test("that fails three times ends the batch with WORKER, and with the last reason", async () => {
    const { members, task, complete } = openLeases();
    const a = members.join("a");
    const done = complete([task(0)]);
    for (const reason of ["first", "second", "third"]) members.fail(a, leasesOf(a).at(-1)!.id, reason);
    await expect(done).rejects.toMatchObject({
      code: "WORKER",
      message: "a lease failed 3 times, last on node a: third",
    });
  });

  test("that is not finite three times ends the batch with DIVERGED, and says what to do", async () => {
    const { members, leases, task, complete } = openLeases();
    const a = members.join("a");
    const done = complete([task(0)]);
    for (const value of [NaN, Infinity, NaN]) members.answer(a, leasesOf(a).at(-1)!.id, [value]);
    await expect(done).rejects.toMatchObject({
      code: "DIVERGED",
      message: expect.stringMatching(/not finite.*smaller --learning-rate/) as string,
    });
    expect(leases.counts).toMatchObject({ received: 3, rejected: { "not finite": 3 } });
  });

  test("twice is forgiven, and the next task begins from zero", async () => {
    const { members, results, task, complete } = openLeases();
    const a = members.join("a");
    for (const index of [0, 1]) {
      const done = complete([task(index)]);
      for (const value of [NaN, NaN, index]) members.answer(a, leasesOf(a).at(-1)!.id, [value]);
      await done;
    }
    expect(results.map(({ values }) => values)).toEqual([[0], [1]]);
  });
});

describe("a node that gets no work for a while", () => {
  /** Node a fails three times at different tasks, which b does. */
  async function benched() {
    const opened = openLeases({ isClosed: false });
    const { members, task, complete } = opened;
    const [a, b] = [members.join("a"), members.join("b")];
    for (const index of [0, 1, 2]) {
      const done = complete([{ ...task(index), preferred: a }]);
      members.fail(a, leasesOf(a).at(-1)!.id, "out of memory");
      members.answer(b, leasesOf(b).at(-1)!.id);
      await done;
    }
    return { ...opened, a, b };
  }

  test("is named, gives back what it has, and is given none until its time is over", async () => {
    const { members, leases, clock, warnings, task, a, b, complete } = await benched();
    expect(a.state).toBe("benched");
    expect(warnings.at(-1)).toMatch(/^WORKER: node a gets no work for 10 s, .*out of memory/);
    expect(leases.available()).toEqual([b]);
    const done = complete([{ ...task(3), preferred: a }]);
    expect(leasesOf(b).map(workIndex)).toContain(3);
    members.answer(b, leasesOf(b).at(-1)!.id);
    await done;
    clock.now += 10_000;
    expect(leases.available().map(({ id }) => id)).toEqual(["a", "b"]);
  });

  test("is back while work waits for somebody", async () => {
    const { members, leases, clock, results, task, a, b, complete } = await benched();
    members.leave(b);
    const done = complete([task(3)]);
    expect(leasesOf(a).map(workIndex)).not.toContain(3);
    clock.now += 10_000;
    leases.review();
    members.answer(a, leasesOf(a).at(-1)!.id);
    await done;
    expect(results.at(-1)).toMatchObject({ index: 3, node: "a" });
  });

  test("keeps no timer going when there is no work", async () => {
    vi.useFakeTimers();
    try {
      const { members, a } = await benched();
      members.leave(a);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

test("whatever happens, received = accepted + duplicate + stale + rejected", async () => {
  const events = { answered: 0, lost: 0 };
  for (let seed = 1; seed <= 20; seed++) {
    const { members, leases, results, clock, task, complete } = openLeases();
    const random = stream(seed, "leases");
    let joined = 0;
    const join = (): unknown => members.join(`node-${joined++}`, 1 + random.integer(3));
    join();
    const done = complete(Array.from({ length: 12 }, (_, i) => task(i)));
    const everGranted: { member: ReturnType<typeof members.join>; id: number }[] = [];
    const failures = new Map<number, number>();
    for (let turn = 0; results.length < 12; turn++) {
      if (turn > 5000) throw new Error(`seed ${seed}: the batch is not complete after ${turn} events`);
      if (members.ready().length === 0) join();
      const member = members.ready()[random.integer(members.ready().length)];
      for (const { id } of leasesOf(member)) everGranted.push({ member, id });
      const held = leasesOf(member)[0];
      const spared = held && (failures.get(workIndex(held)) ?? 0) >= 2;
      const chance = random.integer(10);
      if (chance === 0) join();
      else if (chance === 1) {
        members.leave(member);
        events.lost++;
      } else if (chance === 2) {
        clock.now += 31 * MINUTE;
        leases.review();
      } else if (held && !spared && chance <= 4) {
        failures.set(workIndex(held), (failures.get(workIndex(held)) ?? 0) + 1);
        if (chance === 3) members.fail(member, held.id);
        else members.answer(member, held.id, [NaN]);
      } else if (held && chance <= 7) {
        members.answer(member, held.id);
        events.answered++;
      } else if (everGranted.length > 0) {
        const any = everGranted[random.integer(everGranted.length)]; // held, taken back, or settled
        members.answer(any.member, any.id);
        events.answered++;
      }
      const { received, accepted, duplicate, stale, rejected } = leases.counts;
      const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
      expect(accepted + duplicate + stale + refused, `seed ${seed}`).toBe(received);
      expect(accepted, `seed ${seed}`).toBe(results.length);
    }
    await done;
    expect(results.map(({ index }) => index).sort((x, y) => x - y)).toEqual([...Array(12).keys()]);
    expect(members.borrowed.size, `seed ${seed}`).toBe(0);
  }
  expect(events.answered).toBeGreaterThan(240); // some were late, or there twice
  expect(events.lost).toBeGreaterThan(20);
});
