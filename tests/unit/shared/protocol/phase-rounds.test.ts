// Which round follows another, and where it begins in the sample stream.
import { expect, test } from "vitest";
import { roundAfter } from "../../../../shared/protocol/phase-rounds.ts";

/** Two rounds of D on 4 shards of 2 samples, a penalty every third step, and one of G, which uses none. */
const PHASES = [
  { every: 1, shards: 4, shardSize: 2, usesSamples: true },
  { every: 1, shards: 4, shardSize: 2, usesSamples: true },
  { every: 3, shards: 4, shardSize: 2, usesSamples: true },
  { every: 1, shards: 4, shardSize: 2, usesSamples: false },
];

test("the rounds of a run follow each other, phase by phase and step by step, each where the samples of the last one end", () => {
  const rounds = [{ phase: 0, step: 3, position: 100 }];
  while (rounds.length < 8) rounds.push(roundAfter(PHASES, rounds.at(-1)!));
  expect(rounds.map(({ phase, step, position }) => [step, phase, position])).toEqual([
    [3, 0, 100],
    [3, 1, 108],
    [3, 2, 116], // 3 is divisible by 3
    [3, 3, 124],
    [4, 0, 124], // G has used none
    [4, 1, 132],
    [4, 3, 140],
    [5, 0, 140],
  ]);
});
