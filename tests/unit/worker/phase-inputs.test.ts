// Inputs of a phase's shard: what they are does not depend on when they are drawn.
import { expect, test } from "vitest";
import type { Program } from "../../../shared/program/program.ts";
import { type PhaseProgram, PhaseInputs, type ShardOfRound } from "../../../worker/phase-inputs.ts";

const ROUND: ShardOfRound = { phase: 0, step: 5, shard: 1, position: 40 };
const OTHERS: readonly ShardOfRound[] = [
  { ...ROUND, phase: 1 },
  { ...ROUND, step: 6 },
  { ...ROUND, shard: 0 },
  { ...ROUND, position: 48 },
];

test("what was drawn ahead is what is drawn when it is asked for, and is not drawn again", () => {
  const now = open();
  now.inputs.fill(now.target, ROUND);
  const early = open();
  expect(early.inputs.drawAhead(early.target, ROUND)).toBe(true);
  const drawn = early.values();
  early.inputs.fill(early.target, ROUND);
  expect(early.values()).toEqual(drawn);
  expect(early.values()).toEqual(now.values());
  expect(early.read).toEqual([42]); // shard 1 of 2 samples: once
});

test("where something else is asked for than was drawn ahead, that is drawn: another phase, step, shard or place", () => {
  for (const other of OTHERS) {
    const fresh = open();
    fresh.inputs.fill(fresh.target, other);
    const { inputs, target, values, read } = open();
    inputs.drawAhead(target, ROUND);
    const ahead = values();
    inputs.fill(target, other);
    expect(values(), JSON.stringify(other)).toEqual(fresh.values());
    expect(values()).not.toEqual(ahead);
    expect(read).toHaveLength(2);
    inputs.fill(target, ROUND); // what was ahead is gone
    expect(values()).toEqual(ahead);
  }
});

test("samples that cannot be read ahead fail where they are needed, not before", () => {
  const { inputs, target, breakReading } = open();
  breakReading(new Error("the disk is gone"));
  expect(inputs.drawAhead(target, ROUND)).toBe(false);
  expect(() => inputs.fill(target, ROUND)).toThrow("the disk is gone");
  breakReading(null);
  inputs.fill(target, ROUND);
  expect([...target.inputs["samples"]]).toEqual([42, 43]);
});

interface Opened {
  readonly inputs: PhaseInputs;
  readonly target: PhaseProgram;
  /** Of all arrays. */
  readonly values: () => number[];
  /** Positions that samples were read from. */
  readonly read: number[];
  readonly breakReading: (error: Error | null) => void;
}

/** Two phases of one program, 4 shards of 2 samples; a sample is its position. */
function open(): Opened {
  const phase = {
    name: "both",
    program: "0".repeat(64),
    contribution: { slots: [], length: 0, hash: "0".repeat(64) },
    shards: 4,
    shardSize: 2,
    usesSamples: true,
    every: 1,
  };
  const random = { name: "op 0", value: 2, random: "uniform" } as const;
  const program = { inputs: [random] } as unknown as Program;
  const arrays = {
    samples: new Float32Array(2),
    noise: new Float32Array(4),
    "op 0": new Float32Array(2),
  };
  const target: PhaseProgram = { program, inputs: arrays };
  const read: number[] = [];
  let broken: Error | null = null;
  const inputs = new PhaseInputs({ seed: 3, phases: [phase, phase] }, (into, position, count) => {
    if (broken) throw broken;
    read.push(position);
    for (let i = 0; i < count; i++) into["samples"][i] = position + i;
  });
  return {
    inputs,
    target,
    values: () => Object.values(arrays).flatMap((array) => [...array]),
    read,
    breakReading: (error) => (broken = error),
  };
}
