// Norms that are far outside of the others': what is, what is not, and what two nodes agree on.
import { expect, test } from "vitest";
import { Plausibility, agree, areFarFrom } from "../../../../../coordinator/leases/trust/plausibility.ts";
import { createLayout } from "../../../../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../../../../shared/protocol/messages.ts";

test("the parts are each network's gradient, the metrics, and the moving statistics, one after the other", () => {
  const norms = new Plausibility().of(PHASE);
  // By name: discriminator 6 + 1 in a layer and 2 in another, generator 2, metrics 1 + 1, state 3
  expect(norms.sections.map(({ length }) => length)).toEqual([7, 2, 2, 2, 3]);
  expect(norms.normsOf([9, 16, 4, 49, 0])).toEqual([5, 2, 7, 0]);
});

test("a norm is far at a thousand times the rounds' median, in any part", () => {
  const norms = new Plausibility().of(PHASE);
  for (const round of [
    [1, 2, 3],
    [2, 2, 90],
    [1, 1, 2],
  ]) {
    for (const norm of round) norms.take([norm, 1, 1, 1]);
    norms.endRound(); // medians 2, 2, 1: 2 fades to 1.98
  }
  expect(norms.isFar([1979, 999, 999, 999])).toBe(false);
  expect(norms.isFar([1981, 1, 1, 1])).toBe(true);
  expect(norms.isFar([1, 1, 1, 1001])).toBe(true);
});

test("nothing under a thousand is far, however small the usual norm is: losses with a margin are zero in most rounds", () => {
  const norms = new Plausibility().of(PHASE);
  for (let round = 0; round < 10_000; round++) {
    norms.take([0, 0, 0, 0]);
    norms.endRound();
  }
  expect(norms.isFar([999, 0, 0, 0])).toBe(false);
  expect(norms.isFar([1001, 0, 0, 0])).toBe(true);
});

test("before anything is known only what no loss has is far; then the first of the round is the measure", () => {
  const norms = new Plausibility().of(PHASE);
  expect(norms.isKnown).toBe(false);
  expect(norms.isFar([1e6, 1, 1, 1])).toBe(false);
  expect(norms.isFar([1e8, 1, 1, 1])).toBe(true);
  norms.take([0.5, 1, 1, 1]);
  expect(norms.isKnown).toBe(true);
  expect(norms.isFar([1e6, 1, 1, 1])).toBe(true);
});

test("each phase has its own", () => {
  const plausibility = new Plausibility();
  plausibility.of(PHASE).take([1, 1, 1, 1]);
  expect(plausibility.of(PHASE).isKnown).toBe(true);
  expect(plausibility.of({ ...PHASE, name: "other" }).isKnown).toBe(false);
});

test("two nodes agree where no part's norms differ by more than a tenth", () => {
  expect(agree([1e5, 0], [1.09e5, 0])).toBe(true);
  expect(agree([1e5, 0], [1.2e5, 0])).toBe(false);
  expect(agree([1e5, 0], [1e5, 1])).toBe(false);
  expect(areFarFrom([1001, 1], [1, 1])).toBe(true);
  expect(areFarFrom([999, 1], [0, 1])).toBe(false);
});

const PHASE: PhasePlan = {
  name: "both",
  program: "0".repeat(64),
  contribution: createLayout([
    { name: "gradient/discriminator/00-dense/kernel", shape: [2, 3] },
    { name: "gradient/discriminator/00-dense/bias", shape: [1] },
    { name: "gradient/discriminator/01-dense/kernel", shape: [2] },
    { name: "gradient/generator/00-dense/kernel", shape: [2] },
    { name: "metric/loss/discriminator", shape: [] },
    { name: "metric/loss/generator", shape: [] },
    { name: "state/generator/01-batchnormalization/moving_mean", shape: [3] },
  ]),
  shards: 4,
  shardSize: 2,
  usesSamples: true,
  every: 1,
};
