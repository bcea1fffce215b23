// A run of ten million answers: whatever nodes do, what is expected of them stays near what they take.
import { expect, test } from "vitest";
import { deadlineMs } from "../../../../../coordinator/leases/speed/deadlines.ts";
import { SpeedModel } from "../../../../../coordinator/leases/speed/speed-model.ts";
import type { Work } from "../../../../../shared/protocol/messages.ts";
import { type FakeMember, FakeMembers } from "../../../../support/fake-members.ts";

const ANSWERS = 10_000_000;
/** Each has its own jitter and its own kinds of trouble; all together make ten million. */
const WORLDS = 20;

test(`deadlines stay between seconds and a day in ${ANSWERS / 1e6} million answers with jitter, churn, pauses and slow nodes`, () => {
  for (let world = 0; world < WORLDS; world++) {
    const uniform = congruential(world);
    const jitter = 0.01 + (0.79 * world) / (WORLDS - 1); // 1 to 80 %
    const members = new FakeMembers();
    const slowness = new Map<FakeMember, number>();
    let joined = 0;
    const join = (times: number): void => {
      const member = members.join(`node-${joined++}`, 1 + (joined % 3));
      slowness.set(member, times);
    };
    join(1);
    join(1);
    if (world % 2 === 1) join(10);
    const speedModel = new SpeedModel({ warn: () => undefined, now: () => 0 });
    for (let answer = 0, round = 0; answer < ANSWERS / WORLDS; round++) {
      if (world % 4 >= 2 && round % 500 === 499) {
        const [first, ...others] = members.ready();
        if (others.length > 2) members.leave(first); // each is the first some day, the first two as well
        else join(uniform() < 0.25 ? 10 : 1);
      }
      const work = WORKS[round % WORKS.length];
      const usualMs = TURN_MS[round % WORKS.length];
      const nodes = members.ready();
      speedModel.compare(nodes, work, 4 * nodes.length);
      for (const member of nodes) {
        const shards = 1 + (answer % 5);
        const waves = Math.ceil(shards / member.threads);
        const paused = uniform() < 1e-4 ? 60_000 : 0;
        const noise = 1 + jitter * (2 * uniform() - 1);
        const computeMs = usualMs * waves * slowness.get(member)! * noise + paused;
        if (uniform() < 0.02) speedModel.observeTimeout(member, work, shards, computeMs);
        else speedModel.observe(member, work, shards, { elapsedMs: computeMs + 1, computeMs });
        answer++;
      }
    }
    // No more than a pause or a change of nodes may have left behind: within a factor of ten after half a million answers.
    for (const [i, work] of WORKS.entries()) {
      for (const member of members.ready()) {
        const expected = speedModel.expected(member, work, member.threads);
        const truth = TURN_MS[i] * slowness.get(member)!;
        const where = `world ${world}, ${work.kind}, ${member.id}: ${expected.ms} ms, in truth ${truth}`;
        expect(expected.ms, where).toBeGreaterThan(truth / 10);
        expect(expected.ms, where).toBeLessThan(truth * 10);
        expect(deadlineMs(expected, 0), where).toBeLessThanOrEqual(100 * Math.max(1000, truth));
      }
    }
  }
});

test("numbers that no clock should give leave a deadline between ten seconds and a day", () => {
  const members = new FakeMembers();
  const [a, b] = [members.join("a"), members.join("b", 1024)];
  const speedModel = new SpeedModel({ warn: () => undefined, now: () => 0 });
  for (const elapsedMs of [0, -5, 1e-300, Number.MAX_VALUE, Infinity, 1e18, 0, 1e300]) {
    for (const computeMs of [0, Infinity, 1e300, 1e-300]) {
      for (let times = 0; times < 15; times++) {
        for (const member of [a, b]) {
          speedModel.observe(member, WORKS[0], 1 + times, { elapsedMs, computeMs });
          speedModel.observeTimeout(member, WORKS[0], 1, elapsedMs);
          speedModel.compare([a, b], WORKS[0], 8);
          for (const work of WORKS) {
            const deadline = deadlineMs(speedModel.expected(member, work, 1e6), times);
            expect(deadline).toBeGreaterThanOrEqual(10_000);
            expect(deadline).toBeLessThanOrEqual(86_400_000);
          }
        }
      }
    }
  }
});

const WORKS: readonly Work[] = [
  { kind: "phase", phase: 0, step: 0, first: 0, shards: 1, position: 0 },
  { kind: "phase", phase: 1, step: 0, first: 0, shards: 1, position: 0 },
  { kind: "generate", first: 0, images: 16 },
];
/** Milliseconds a wave, of the three. */
const TURN_MS = [20, 35, 5];

/** Numbers from 0 to 1; good enough for noise, and ten times as fast as the program's own. */
function congruential(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
