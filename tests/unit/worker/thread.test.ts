// What a thread prepares before its first task, and what it leaves for later.
import { expect, test } from "vitest";
import { compileRun } from "../../../coordinator/compiler/compile-run.ts";
import { planOf } from "../../../coordinator/plan.ts";
import { openPool } from "../../../worker/pool.ts";
import { SMALL_DATA, smallConfig } from "../../support/small-run.ts";

const CHOICE = { engine: "graph", device: "cpu" } as const;

test("the first step does not wait for programs of pictures: those are prepared when they are drawn", async () => {
  const config = smallConfig(3);
  const compiled = await compileRun(config, SMALL_DATA);
  const plan = planOf({ run: "test", config, train: SMALL_DATA, test: null }, compiled);
  const programs = new Map(compiled.programs).set(plan.generate!.program, Uint8Array.of(1));
  const pool = await openPool({ plan, programs, choice: CHOICE, train: SMALL_DATA, test: null }, 1);
  try {
    const vector = new Float32Array(new SharedArrayBuffer(4 * plan.weights.length));
    const weights = { copy: 1, vector };
    const output = new Float32Array(new SharedArrayBuffer(4 * plan.phases[0].contribution.length)).fill(NaN);
    await pool.run({
      kind: "phase",
      phase: 0,
      step: 0,
      shard: 0,
      position: 0,
      isLast: true,
      weights,
      output,
    });
    expect(output.every(Number.isFinite)).toBe(true);
    const drawing = { kind: "generate", first: 0, images: 4, whole: { first: 0, images: 4 }, weights, output } as const; // prettier-ignore
    await expect(pool.run(drawing)).rejects.toThrow("this is not a program");
  } finally {
    await pool.close();
  }
});
