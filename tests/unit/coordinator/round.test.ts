// A round: one sum, whatever comes first and from whom.
import { describe, expect, test } from "vitest";
import { Vectors } from "../../../coordinator/update/vector-threads/vectors.ts";
import { Leases } from "../../../coordinator/leases/leases.ts";
import { SpeedModel } from "../../../coordinator/leases/speed/speed-model.ts";
import { Plausibility } from "../../../coordinator/leases/trust/plausibility.ts";
import type { RoundSum } from "../../../coordinator/leases/contributions.ts";
import { runRound } from "../../../coordinator/round.ts";
import { ZeroGradientDetector } from "../../../coordinator/guard/zero-gradient-detector.ts";
import { createLog } from "../../../shared/log.ts";
import { createLayout } from "../../../shared/protocol/layout.ts";
import type { Lease, PhasePlan } from "../../../shared/protocol/messages.ts";
import { shuffled, stream } from "../../../shared/random/random.ts";
import { type FakeMember, FakeMembers, leasesOf } from "../../support/fake-members.ts";

/**
 * In float32 the order matters: ((2^24 + 1) + (1 - 2^24)) + 0.5 = (2^24 - (2^24 - 1)) + 0.5 = 1.5, for 2^24 + 1 is
 * 2^24 there; from left to right it is 0.5, and exact it would be 2.5.
 */
const SHARDS = [2 ** 24, 1, 1, -(2 ** 24), 0.5];
const SUM = 1.5;

describe("runRound", () => {
  test("gives the sum of the fixed tree in any order of arrival", async () => {
    for (const order of permutationsOf([0, 1, 2, 3, 4])) {
      const round = start(1, 1, 1, 1, 1);
      const leases = round.members
        .ready()
        .flatMap((member) => leasesOf(member).map((lease) => ({ member, lease })));
      expect(leases).toHaveLength(5);
      for (const i of order) round.answer(leases[i].member, leases[i].lease);
      const sum = await round.sum;
      expect([...sum.vector], `order ${order.join(" ")}`).toEqual([SUM, 2 * SUM]);
      sum.release();
      expect(round.members.borrowed.size).toBe(0);
    }
  });

  test("gives the same sum on one member and on several, with more than one thread", async () => {
    for (const threads of [[1], [8], [1, 1], [3, 1], [1, 2, 1], [2, 2, 1, 4]]) {
      for (let seed = 1; seed <= 5; seed++) {
        const round = start(...threads);
        const leases = round.members
          .ready()
          .flatMap((member) => leasesOf(member).map((lease) => ({ member, lease })));
        for (const i of shuffled(leases.length, stream(seed, "order")))
          round.answer(leases[i].member, leases[i].lease);
        const { vector } = await round.sum;
        expect([...vector], `threads ${threads.join(" ")}, seed ${seed}`).toEqual([SUM, 2 * SUM]);
      }
    }
  });

  test("asks for the phase, step, position and version it was given, in blocks of the tree", async () => {
    const { members, sum, answer } = start(3, 1);
    const [a, b] = members.ready();
    // shards 0 … 3 and 4: three and one at once, then a fourth to the one with more threads; both are blocks of the tree
    expect(leasesOf(a)).toMatchObject([
      { version: 9, work: { kind: "phase", phase: 1, step: 6, first: 0, shards: 4, position: 42 } },
    ]);
    expect(leasesOf(b)).toMatchObject([
      { version: 9, work: { phase: 1, step: 6, first: 4, shards: 1, position: 42 } },
    ]);
    answer(b, leasesOf(b)[0]);
    answer(a, leasesOf(a)[0]);
    const { contributions } = await sum;
    expect(contributions).toEqual([
      { first: 0, shards: 4, node: "node-0" },
      { first: 4, shards: 1, node: "node-1" },
    ]);
  });

  test("has no trace of what was refused: a wrong length, NaN, infinity", async () => {
    const { members, leases, sum, answer } = start(1, 1);
    const [a, b] = members.ready();
    const block = leasesOf(a)[0];
    members.answer(a, block.id, [1]);
    members.answer(b, again(b, block).id, [1, Infinity]);
    answer(a, again(a, block));
    for (const member of [a, b]) {
      for (const lease of leasesOf(member).filter(({ work }) => work.first !== block.work.first))
        answer(member, lease);
    }
    expect([...(await sum).vector]).toEqual([SUM, 2 * SUM]);
    expect(leases.counts.rejected).toEqual({ length: 1, "not finite": 1 });
  });

  test("accepts finite numbers whose squares and sums overflow", async () => {
    const { members, sum } = start(1);
    const [a] = members.ready();
    members.answer(a, leasesOf(a)[0].id, [3.4e38, 3.4e38]);
    expect([...(await sum).vector]).toEqual([Math.fround(3.4e38), Math.fround(3.4e38)]);
  });
});

test("a sum that is one contribution comes with the squares that were measured of its mean, no other", async () => {
  const whole = start(8);
  const [member] = whole.members.ready();
  whole.answer(member, leasesOf(member)[0]);
  const { squares } = await whole.sum;
  expect(squares).toHaveLength(1); // of one layer
  expect(squares![0]).toBeCloseTo((SUM / 5) ** 2 + ((2 * SUM) / 5) ** 2, 12);
  const parts = start(3, 1);
  for (const other of parts.members.ready()) for (const lease of leasesOf(other)) parts.answer(other, lease);
  expect((await parts.sum).squares).toBeNull();
});

interface Started {
  readonly members: FakeMembers;
  readonly leases: Leases;
  readonly sum: Promise<RoundSum>;
  /** Answers as a node does: with the tree sum over the lease's shards, [g, 2g]. */
  readonly answer: (member: FakeMember, lease: Lease) => void;
}

/** A round over five shards, with a member for each number of threads. */
function start(...threads: number[]): Started {
  const members = new FakeMembers();
  const warn = (): void => undefined;
  const speedModel = new SpeedModel({ warn });
  const leases = new Leases({
    members,
    speedModel,
    log: createLog({ stderr: "silent" }),
    warn,
    isClosed: true,
  });
  threads.forEach((count, i) => members.join(`node-${i}`, count));
  const sum = runRound({
    phase: PHASE,
    index: 1,
    step: 6,
    version: 9,
    position: 42,
    leases,
    speedModel,
    vectors: new Vectors(),
    zeros: new ZeroGradientDetector(),
    plausibility: knowing(3e38),
    signal: new AbortController().signal,
  });
  return {
    members,
    leases,
    sum,
    answer(member, { id, work }) {
      if (work.kind !== "phase") throw new Error(`not asked for: ${work.kind}`);
      const value = treeSum(work.first, work.first + work.shards);
      members.answer(member, id, [value, 2 * value]);
    },
  };
}

/** Norms of this size are usual. */
function knowing(norm: number): Plausibility {
  const plausibility = new Plausibility();
  const norms = plausibility.of(PHASE);
  norms.take([norm]);
  norms.endRound();
  return plausibility;
}

const PHASE: PhasePlan = {
  name: "both",
  program: "0".repeat(64),
  contribution: createLayout([{ name: "gradient/generator/w", shape: [2] }]),
  shards: SHARDS.length,
  shardSize: 2,
  usesSamples: true,
  every: 1,
};

/** The tree over shards, written down the other way: from the root. */
function treeSum(first: number, end: number): number {
  if (end - first === 1) return SHARDS[first];
  let half = 1;
  while (2 * half < end - first) half *= 2;
  return Math.fround(treeSum(first, first + half) + treeSum(first + half, end));
}

/** The lease by which a block was given to another member. */
function again(member: FakeMember, { work }: Lease): Lease {
  return leasesOf(member).findLast((lease) => lease.work.first === work.first)!;
}

function permutationsOf(values: readonly number[]): number[][] {
  if (values.length === 0) return [[]];
  return values.flatMap((value) =>
    permutationsOf(values.filter((other) => other !== value)).map((rest) => [value, ...rest]),
  );
}
