import { expect, test } from "vitest";
import type { Call, Program } from "../../../../../shared/program/program.ts";
import { deathsOf } from "../../../../../worker/engine/tensorflow/liveness.ts";

const call = (inputs: readonly number[], output: number): Call => ({
  kernel: "AddN",
  inputs: Object.fromEntries(inputs.map((value, i) => [String(i), value])),
  attributes: {},
  outputs: [output],
  origin: "",
});

/** Value 0 is an input, 1 a constant; what the program gives is its last value. */
function program(calls: readonly Call[], output: number): Program {
  return {
    values: Array.from({ length: 9 }, () => ({ shape: [], dtype: "float32" as const })),
    inputs: [{ name: "x", value: 0 }],
    constants: [{ value: 1, data: Float32Array.of(1) }],
    calls,
    outputs: [{ name: "y", value: output }],
  };
}

test("a value dies after the last call that reads it, constants and outputs never", () => {
  const calls = [call([0, 1], 2), call([2, 0], 3), call([2, 3], 4), call([4, 1], 5)];
  expect(deathsOf(program(calls, 5)).map((dead) => [...dead].sort((a, b) => a - b))).toEqual([
    [],
    [0],
    [2, 3],
    [4],
  ]);
});

test("a value that nobody reads dies with the call that makes it, one that is read twice by a call dies once", () => {
  const calls = [call([0, 0], 2), call([1], 3)];
  expect(deathsOf(program(calls, 2))).toEqual([[0], [3]]);
});

test("an output that later calls read lives on", () => {
  const calls = [call([0], 2), call([2], 3)];
  expect(deathsOf(program(calls, 2))).toEqual([[0], [3]]);
});
