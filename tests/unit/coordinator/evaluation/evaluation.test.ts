// What an evaluation's answers may say: sums that cross-entropies and counts can have, and nothing else.
import { expect, test } from "vitest";
import { Vectors } from "../../../../coordinator/update/vector-threads/vectors.ts";
import { evaluate } from "../../../../coordinator/evaluation/evaluation.ts";
import type { Results, Task } from "../../../../coordinator/leases/task.ts";
import type { TrainingOptions } from "../../../../coordinator/training.ts";
import { FakeMembers } from "../../../support/fake-members.ts";

const BATCH = 64;

test.each([
  ["more right answers than samples", [1, 65], "out of range"],
  ["fewer than none", [1, -1], "out of range"],
  ["half a right answer", [1, 0.5], "out of range"],
  ["a loss of less than nothing", [-1e30, 3], "out of range"],
  ["a loss beyond that of the least probability", [64 * 17, 3], "out of range"],
  ["a number that is none", [Number.NaN, 3], "not finite"],
  ["a third sum", [1, 3, 3], "length"],
])("an answer with %s is refused", async (_what, values, rejection) => {
  expect(await answerTo(values)).toBe(rejection);
});

test("right answers are taken: none right, all right, and a loss at its most", async () => {
  for (const values of [
    [0, 64],
    [64 * 16.118, 0],
    [10.5, 60],
    [-1e-6, 64],
  ])
    // prettier-ignore
    expect(await answerTo(values)).toBeNull();
});

/** What becomes of an answer to the one batch of an evaluation. */
async function answerTo(values: readonly number[]): Promise<unknown> {
  let verdict: unknown;
  const [member] = [new FakeMembers().join("a")];
  const complete = (tasks: readonly Task[], results: Results<Task>): Promise<void> => {
    const message = { type: "contribution", lease: 1, version: 0, computeMs: 1 } as const;
    const body = Float32Array.from(values);
    verdict = results.accept(tasks[0], body, member, { message, body, release: () => undefined });
    return Promise.resolve();
  };
  const options = {
    plan: { evaluate: { program: "", batch: BATCH } },
    cursor: { step: 1, position: 0 },
    leases: { complete },
    weights: { version: 1 },
    vectors: new Vectors(),
    testSize: BATCH,
    publish: () => undefined,
    records: { evaluation: () => undefined },
    halt: new AbortController().signal,
  };
  await evaluate(options as unknown as TrainingOptions);
  return verdict;
}
