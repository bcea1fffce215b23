// When work is given up: what one node, two or all of them found, and who else could have been asked.
import { describe, expect, test } from "vitest";
import type { Failure } from "../../../../../coordinator/leases/task.ts";
import {
  type HopelessOptions,
  failureOf,
  isHopeless,
} from "../../../../../coordinator/leases/trust/hopeless.ts";

const work = { kind: "phase", phase: 0, step: 3, first: 0, shards: 2, position: 0 } as const;

describe("work that failed three times", () => {
  test("has hope while a node is here that has not tried it", () => {
    expect(judge("a b c", { available: "a b c d" })).toBe(false);
    expect(judge("a b c", { available: "a b c" })).toBe(true);
  });

  test("is given up when five nodes have found the same, whoever else is here", () => {
    expect(judge("a b c d", { available: "a b c d e f" })).toBe(false);
    expect(judge("a b c d e", { available: "a b c d e f" })).toBe(true);
  });

  test("is given up when those that failed may decide, which is asked with their names", () => {
    expect(judge("a a a", { available: "a", mayDecide: () => false })).toBe(false);
    const asked: unknown[] = [];
    judge("a b a", { available: "", mayDecide: (...question) => asked.push(question) > 0 });
    expect(asked).toEqual([[new Set(["a", "b"])]]);
  });

  test("is not given up before", () => {
    expect(judge("a b", { available: "" })).toBe(false);
  });
});

test("it has diverged where every answer was not finite; anything else is the nodes' failure, and the last is told", () => {
  expect(failureOf({ work, failures: failures("a b c") })).toMatchObject({
    code: "DIVERGED",
    message: expect.stringMatching(
      /^the results are not finite on any node that was asked \(a, b, c\): training has/,
    ),
  });
  expect(failureOf({ work, failures: failures("a a a") })).toMatchObject({
    code: "DIVERGED",
    message: expect.stringMatching(/^the results are not finite on node a, the only one there is, 3 times: /),
  });
  const mixed = [
    ...failures("a b"),
    { ...failures("c")[0], kind: "failed" as const, reason: "out of memory" },
  ];
  expect(failureOf({ work, failures: mixed })).toMatchObject({
    code: "WORKER",
    message: "a lease failed 3 times, last on node c: out of memory",
  });
});

function judge(
  nodes: string,
  { available, mayDecide = () => true }: { available: string; mayDecide?: HopelessOptions["mayDecide"] },
): boolean {
  const here = available
    .split(" ")
    .filter(Boolean)
    .map((id) => ({ id }));
  return isHopeless(failures(nodes), { mayDecide, available: here });
}

/** One of each. */
function failures(nodes: string): Failure[] {
  return nodes.split(" ").map((node) => ({ node, kind: "not finite", reason: "" }));
}
