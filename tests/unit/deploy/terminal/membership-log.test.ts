// What is said of nodes that come and go, few or many, with a clock that the test moves.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NodeView } from "../../../../coordinator/dashboard/events.ts";
import { createMembershipLog } from "../../../../deploy/terminal/membership-log.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const LATER_MS = 1000;

function view(node: string, change: Partial<NodeView> = {}): NodeView {
  return { node, threads: 4, engine: "graph", device: "cuda", state: "ready", prepareMs: 5, contributions: 0, faults: 0, shardMs: null, ...change }; // prettier-ignore
}

function views(count: number, change: Partial<NodeView> = {}): NodeView[] {
  return Array.from({ length: count }, (_, i) => view(`gpu-${i}`, change));
}

/** `update` gives the nodes and lets time pass, `atOnce` only gives them; `said` is what was said since it was last asked. */
function membershipLog(own: readonly string[] = [], reportsReady = true) {
  let sentences: string[] = [];
  const log = createMembershipLog({
    say: (sentence) => void sentences.push(sentence),
    isReportedElsewhere: (node) => own.includes(node),
    reportsReady,
  });
  return {
    ...log,
    atOnce: log.update,
    update: (nodes: readonly NodeView[]): void => {
      log.update(nodes);
      vi.advanceTimersByTime(LATER_MS);
    },
    said: (): string[] => {
      const now = sentences;
      sentences = [];
      return now;
    },
  };
}

test("a node joins, is ready and leaves", () => {
  const { update, said } = membershipLog();
  update([view("gpu-1", { state: "joining" })]);
  expect(said()).toEqual(["node gpu-1 joined: 4 threads, graph on cuda"]);
  update([view("gpu-1")]);
  expect(said()).toEqual(["1 node ready"]);
  update([view("gpu-1", { contributions: 311 })]);
  update([view("gpu-1", { contributions: 1312, state: "leaving" })]);
  expect(said()).toEqual([]);
  update([]);
  expect(said()).toEqual(["node gpu-1 left after 1,312 contributions"]);
});

test("one that joins later is counted with those who are there", () => {
  const { update, said } = membershipLog();
  update(views(2));
  said();
  update([...views(2), view("late", { threads: 1, device: "cpu", state: "joining" })]);
  update([...views(2), view("late", { threads: 1, device: "cpu" })]);
  expect(said()).toEqual(["node late joined: 1 thread, graph on cpu", "3 nodes ready"]);
});

test("how many are ready is said once for all that were joining", () => {
  const { update, said } = membershipLog();
  update(views(3, { state: "joining" }));
  said();
  const [a, b, c] = views(3);
  update([a, { ...b, state: "joining" }, { ...c, state: "joining" }]);
  update([a, b, { ...c, state: "joining" }]);
  expect(said()).toEqual([]);
  update([a, b, c]);
  expect(said()).toEqual(["3 nodes ready"]);
  update([a, b, c]);
  expect(said()).toEqual([]);
});

test("a node that comes back is one that left and one that joined, in this order", () => {
  const { update, atOnce, said } = membershipLog();
  update([view("a", { contributions: 1 })]);
  said();
  atOnce([]);
  update([view("a", { state: "joining" })]);
  expect(said()).toEqual(["node a left after 1 contribution", "node a joined: 4 threads, graph on cuda"]);
});

describe("many at once", () => {
  test("are one line when they join one after the other, when they are ready and when they leave", () => {
    const { update, atOnce, said } = membershipLog();
    const mixed = views(256).map((node, i): NodeView =>
      i < 200 ? node : { ...node, threads: 1, device: "cpu" },
    );
    const joining = mixed.map((node): NodeView => ({ ...node, state: "joining" }));
    for (let count = 1; count <= 256; count++) atOnce(joining.slice(0, count));
    vi.advanceTimersByTime(LATER_MS);
    // 200 · 4 + 56 threads
    expect(said()).toEqual(["256 nodes joined: 856 threads; 200 graph on cuda, 56 graph on cpu"]);
    for (let count = 1; count <= 256; count++) atOnce([...mixed.slice(0, count), ...joining.slice(count)]);
    vi.advanceTimersByTime(LATER_MS);
    expect(said()).toEqual(["256 nodes ready"]);
    update(mixed.slice(200).map((node) => ({ ...node, contributions: 2 })));
    expect(said()).toEqual(["200 nodes left before a first contribution: gpu-0, gpu-1, gpu-2 and 197 more"]);
    update([]);
    expect(said()).toEqual(["56 nodes left after 112 contributions: gpu-200, gpu-201, gpu-202 and 53 more"]);
  });

  test("are told by name up to three", () => {
    const { update, said } = membershipLog();
    update(views(3, { state: "joining" }));
    expect(said()).toHaveLength(3);
    update(views(7, { state: "joining" }));
    expect(said()).toEqual(["4 nodes joined: 16 threads; 4 graph on cuda"]);
  });
});

test("nothing is said of nodes that are told of elsewhere, and of readiness only where it is wanted", () => {
  const { update, said } = membershipLog(["worker-0"], false);
  update([view("worker-0", { state: "joining" })]);
  update([view("worker-0"), view("stranger")]);
  update([]);
  expect(said()).toEqual([
    "node stranger joined: 4 threads, graph on cuda",
    "node stranger left before a first contribution",
  ]);
});

test("the end tells what is gathered, and what follows is no news", () => {
  const { atOnce, update, end, said } = membershipLog();
  atOnce([view("a")]);
  expect(said()).toEqual([]);
  end();
  expect(said()).toEqual(["node a joined: 4 threads, graph on cuda", "1 node ready"]);
  update([]);
  expect(said()).toEqual([]);
});
