// Nodes that lie, fail or say nothing, in real runs: none of them ends a run that others can make, nor changes its weights.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { temporaryFolder } from "../support/cli.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node.ts";
import { type SmallOutcome, smallConfig, smallRun } from "../support/small-run.ts";

const STEPS = 40;
/** A turn of the event loop, on the run's clock. */
const TURN_MS = 20;

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"],
    }),
);
afterEach(() => void vi.useRealTimers());

describe("one bad contribution among good ones", () => {
  test.each([
    ["of a huge norm", (result: Float32Array) => result.fill(1e30)],
    ["near the end of float32", (result: Float32Array) => result.fill(3.4e38)],
    ["with one huge number", (result: Float32Array) => spoil(result, 1e25)],
    ["that is not finite", (result: Float32Array) => spoil(result, Number.NaN)],
    ["that is too short", (result: Float32Array) => result.subarray(1)],
  ])("%s is refused, computed again, and leaves no trace in the weights", async (_what, lie) => {
    for (const step of [0, 25]) {
      const lies = once((lease) => lease.work.kind === "phase" && lease.work.step === step);
      const run = await runWith([
        ["liar", (node, lease) => node.answer(lease, lies(lease) ? lie : undefined)],
        ["good", answering],
        ["better", answering],
      ]);
      expect(run.error).toBeNull();
      expect(run.outcome?.weightsHash).toBe(await healthyHash());
      expect(Object.values(run.counts.rejected).reduce((sum, count) => sum + count, 0)).toBe(1);
      const refusals = run.warnings.filter((message) => message.includes("was refused"));
      expect(refusals).toEqual([expect.stringContaining("a contribution of node liar was refused")]);
    }
  });
});

describe("a node that goes on", () => {
  test.each([
    ["with huge norms", (node: FakeNode, lease: Lease) => node.answer(lease, (result) => result.fill(1e30))],
    ["with NaN", (node: FakeNode, lease: Lease) => node.answer(lease, (result) => result.fill(Number.NaN))],
    ["with wrong lengths", (node: FakeNode, lease: Lease) => node.answer(lease, (all) => all.subarray(2))],
    ["to fail", (node: FakeNode, lease: Lease) => node.fail(lease, "out of memory")],
  ])(
    "%s is named, and gets no work for 10, 20, 40 s; the run ends as without it",
    async (_how, misbehave) => {
      const run = await runWith(
        [
          ["bad", misbehave],
          ["good", answering],
          ["better", answering],
        ],
        {
          steps: 400,
        },
      );
      expect(run.error).toBeNull();
      expect(run.outcome?.weightsHash).toBe(await healthyHash(400));
      const benched = run.warnings.filter((message) => message.includes("gets no work for"));
      expect(benched.length).toBeGreaterThanOrEqual(1);
      expect(run.faults.get("bad")).toBeGreaterThanOrEqual(3);
      expect([run.faults.get("good"), run.faults.get("better")]).toEqual([0, 0]);
      for (const [i, message] of benched.entries())
        expect(message).toContain(`node bad gets no work for ${Math.min(600, 10 * 2 ** i)} s`);
      // Two mistakes are borne, a third one benches; then every further one does, for twice as long.
      const refused = Object.values(run.counts.rejected).reduce((sum, count) => sum + count, 0);
      expect(refused).toBeLessThanOrEqual(2 + 1 + benched.length + 24); // some were out already when it was benched
    },
  );

  test("that is good again afterwards takes part again", async () => {
    let lies = 3;
    const run = await runWith(
      [
        ["liar", (node, lease) => node.answer(lease, lies-- > 0 ? (result) => result.fill(NaN) : undefined)],
        ["good", answering],
      ],
      { steps: 1500 },
    );
    expect(run.outcome?.weightsHash).toBe(await healthyHash(1500));
    const states = run.states.get("liar")!;
    expect(states).toContain("benched");
    expect(states.lastIndexOf("ready")).toBeGreaterThan(states.lastIndexOf("benched"));
  });
});

describe("bad nodes that join first", () => {
  test.each([
    ["NaN", (node: FakeNode, lease: Lease) => node.answer(lease, (result) => result.fill(Number.NaN))],
    ["a wrong length", (node: FakeNode, lease: Lease) => node.answer(lease, (all) => all.subarray(1))],
    ["the same huge norm", (node: FakeNode, lease: Lease) => node.answer(lease, (all) => all.fill(1e30))],
    ["a failure", (node: FakeNode, lease: Lease) => node.fail(lease, "no such device")],
  ])(
    "and answer with %s, one or two of them, do not end a run that others join later",
    async (_what, bad) => {
      for (const names of [["bad"], ["bad", "worse"]]) {
        const run = await runWith(
          names.map((name) => [name, bad]),
          { laterMs: 25_000, later: [["good", answering]] },
        );
        expect(run.error).toBeNull();
        expect(run.outcome?.weightsHash).toBe(await healthyHash());
      }
    },
  );

  test("and stay alone end it with what they say, some seconds later", async () => {
    const run = await runWith([
      ["one", (node, lease) => node.fail(lease, "no such device")],
      ["two", (node, lease) => node.fail(lease, "no such device")],
    ]);
    expect(run.error).toMatchObject({
      code: "WORKER",
      message: expect.stringMatching(/^a lease failed \d+ times, last on node (one|two): no such device$/),
    });
    expect(run.elapsedMs).toBeGreaterThan(29_000);
    expect(run.elapsedMs).toBeLessThan(120_000);
  });
});

describe("a run that really diverges", () => {
  test("says so when three nodes find it, at once, and names them", async () => {
    const nan = atStep(20, (result) => result.fill(Number.NaN));
    const run = await runWith([
      ["a", nan],
      ["b", nan],
      ["c", nan],
    ]);
    expect(run.error).toMatchObject({
      code: "DIVERGED",
      message: expect.stringMatching(
        /^the results are not finite on any node that was asked \([abc], [abc], [abc]\): /,
      ),
    });
    expect(run.elapsedMs).toBeLessThan(20_000);
  });

  test("says so when the only node there is goes on finding it", async () => {
    const run = await runWith([["a", atStep(20, (result) => result.fill(Number.NaN))]]);
    expect(run.error).toMatchObject({
      code: "DIVERGED",
      message: expect.stringContaining("on node a, the only one there is"),
    });
  });

  test("benches nobody for what every node finds: neither norms that explode at once, nor results that are not finite", async () => {
    for (const change of [2 ** 30, Number.NaN]) {
      const steep = atStep(1, (result) => result.map((value) => value * change));
      const run = await runWith([
        ["a", steep],
        ["b", steep],
      ]);
      if (Number.isNaN(change)) expect(run.error).toMatchObject({ code: "DIVERGED" });
      else expect(run.error).toBeNull();
      expect(run.warnings.filter((message) => message.includes("gets no work"))).toEqual([]);
      expect([...run.faults.values()]).toEqual([0, 0]);
      expect(run.warnings).toContainEqual(
        expect.stringMatching(
          /^the results of nodes [ab], [ab] are (far off: norms of up to|not finite: the run waits)/,
        ),
      );
    }
  });

  test("goes on while its norms explode and every node finds the same", async () => {
    const burst = atStep(20, (result) => result.map((value) => value * 2 ** 20));
    const [two, one] = [
      await runWith([
        ["a", burst],
        ["b", burst],
      ]),
      await runWith([["a", burst]]),
    ];
    expect(two.error).toBeNull();
    expect(two.outcome?.weightsHash).toBe(one.outcome?.weightsHash);
    expect(two.outcome?.weightsHash).not.toBe(await healthyHash());
    expect(two.counts.rejected).toEqual({});
    expect(two.counts.duplicate).toBeGreaterThan(0); // each was computed twice
  });
});

describe("a node that never answers", () => {
  test("with a second of its kind does not hold up the others either", async () => {
    const run = await runWith(
      [
        ["silent", () => undefined],
        ["mute", () => undefined],
      ],
      { laterMs: 500, later: [["good", answering]] },
    );
    expect(run.error).toBeNull();
    expect(run.outcome?.weightsHash).toBe(await healthyHash());
    expect(run.warnings.filter((message) => message.includes("it is leased again"))).toEqual([]);
  });

  test("and joined first, with most threads, does not hold up the others", async () => {
    const run = await runWith([["silent", () => undefined]], {
      threads: { silent: 1024 },
      laterMs: 500,
      later: [
        ["good", answering],
        ["better", answering],
      ],
    });
    expect(run.error).toBeNull();
    expect(run.outcome?.weightsHash).toBe(await healthyHash());
    // What it had went to the others long before its time was up.
    expect(run.warnings.filter((message) => message.includes("it is leased again"))).toEqual([]);
  });

  test("when it comes to pictures does not hold up the run", async () => {
    const run = await runWith(
      [
        ["silent", (node, lease) => lease.work.kind === "phase" && node.answer(lease)],
        ["good", answering],
      ],
      { threads: { silent: 16 } },
    );
    expect(run.error).toBeNull();
    expect(run.outcome?.weightsHash).toBe(await healthyHash());
    // Its lease went to the other before its time was up.
    expect(run.warnings.filter((message) => message.includes("did not answer a lease"))).toEqual([]);
  });

  test("and is alone lets Ctrl-C end the run within seconds", async () => {
    const stop = new AbortController();
    let stoppedAt = 0;
    const run = await runWith([["silent", () => undefined]], {
      stop: stop.signal,
      onTurn(elapsedMs) {
        if (elapsedMs < 2000 || stop.signal.aborted) return;
        stoppedAt = elapsedMs;
        stop.abort();
      },
    });
    expect(run.outcome).toMatchObject({ state: "stopped", steps: 0 });
    expect(run.elapsedMs - stoppedAt).toBeLessThan(8000);
  });
});

test("a node that claims a thousand threads and has one gets no more than it does", async () => {
  // Every node needs 50 ms for a shard, one after the other; the first twenty steps show it.
  const shards: Record<string, number> = { a: 0, b: 0, c: 0 };
  const oneByOne = (): OnLease => {
    let busyUntil = 0;
    return (node, lease) => {
      const count = lease.work.kind === "phase" ? lease.work.shards : 1;
      if (lease.work.kind === "phase" && lease.work.step >= 20) shards[node.id] += count;
      busyUntil = Math.max(busyUntil, performance.now()) + 50 * count;
      setTimeout(() => node.answer(lease), busyUntil - performance.now());
    };
  };
  const nodes = ["a", "b", "c"].map((name) => [name, oneByOne()] as const);
  const run = await runWith(nodes, { steps: 60, threads: { c: 1024 } });
  expect(run.outcome?.weightsHash).toBe(await healthyHash(60));
  expect(shards["a"] + shards["b"] + shards["c"]).toBeGreaterThanOrEqual(40 * 3 * 8);
  expect(shards["c"]).toBeLessThan(0.45 * 40 * 3 * 8); // a third is its share
});

type OnLease = NonNullable<FakeNodeOptions["onLease"]>;
type Lease = Parameters<OnLease>[1];

const answering: OnLease = (node, lease) => node.answer(lease);

/** Answers rightly, but from one step on with what `change` makes of the phases' results. */
function atStep(step: number, change: (result: Float32Array) => Float32Array): OnLease {
  return (node, lease) =>
    node.answer(lease, lease.work.kind === "phase" && lease.work.step === step ? change : undefined);
}

/** True for the first lease that it holds for. */
function once(holds: (lease: Lease) => boolean): (lease: Lease) => boolean {
  let left = 1;
  return (lease) => holds(lease) && left-- > 0;
}

function spoil(result: Float32Array, value: number): Float32Array {
  result[result.length >> 1] = value;
  return result;
}

interface WithOptions {
  readonly steps?: number;
  /** By node; one is usual. */
  readonly threads?: Readonly<Record<string, number>>;
  /** Who joins after so many milliseconds. */
  readonly later?: readonly (readonly [string, OnLease | ((node: FakeNode, lease: Lease) => unknown)])[];
  readonly laterMs?: number;
  readonly stop?: AbortSignal;
  readonly onTurn?: (elapsedMs: number) => void;
}

interface WithOutcome extends SmallOutcome {
  readonly warnings: readonly string[];
  /** What each node was, one after the other. */
  readonly states: ReadonlyMap<string, readonly string[]>;
  /** What the last event says of each node's mistakes. */
  readonly faults: ReadonlyMap<string, number>;
  /** On the run's clock, to the last event. */
  readonly elapsedMs: number;
}

/** A run that others may join at any time, whose clock goes on by itself. */
async function runWith(
  nodes: readonly (readonly [string, (node: FakeNode, lease: Lease) => unknown])[],
  { steps = STEPS, threads = {}, later = [], laterMs = Infinity, stop, onTurn }: WithOptions = {},
): Promise<WithOutcome> {
  const warnings: string[] = [];
  const states = new Map<string, string[]>();
  const faults = new Map<string, number>();
  let [startedAt, endedAt] = [0, 0];
  const ended = { is: false };
  const run = smallRun({
    config: smallConfig(steps),
    out: await temporaryFolder(),
    isOpen: true,
    ...(stop && { stop }),
    nodes(hub) {
      const join = (all: typeof nodes): void => {
        for (const [id, onLease] of all)
          startFakeNode({
            hub,
            id,
            threads: threads[id] ?? 1,
            onLease: (node, lease) => void onLease(node, lease),
          });
      };
      join(nodes);
      if (later.length > 0) setTimeout(() => join(later), laterMs);
    },
    onEvent(event) {
      endedAt = performance.now();
      if (event.type === "run" && event.state === "preparing") startedAt = performance.now();
      if (event.type === "warning") warnings.push(event.message);
      if (event.type !== "workers") return;
      for (const { node, state, faults: count } of event.nodes) {
        faults.set(node, count);
        const known = states.get(node) ?? [];
        states.set(node, known);
        if (known.at(-1) !== state) known.push(state);
      }
    },
  }).finally(() => (ended.is = true));
  while (!ended.is) {
    vi.advanceTimersByTime(TURN_MS);
    onTurn?.(performance.now() - startedAt);
    await new Promise(setImmediate);
  }
  return { ...(await run), warnings, states, faults, elapsedMs: endedAt - startedAt };
}

async function healthyHash(steps = STEPS): Promise<string> {
  const { outcome } = await runWith([["only", answering]], { steps });
  return outcome!.weightsHash;
}
