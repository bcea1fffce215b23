// Losses and regularizers in whole runs: the same weights on any number of nodes and after a resume, every sample once.
import { describe, expect, test } from "vitest";
import type { RunConfig, RunConfigInput } from "../../shared/config/config.ts";
import { LOSS_NAMES, lossOf } from "../../shared/config/objectives/losses.ts";
import { temporaryFolder } from "../support/cli.ts";
import { startComputingNode } from "../support/computing-node.ts";
import { SMALL_DATA, type SmallOutcome, smallConfig, smallRun } from "../support/small-run.ts";

type Changes = Partial<RunConfigInput>;
type Regularizers = NonNullable<RunConfigInput["regularizers"]>;

/** All that every loss can have, lazy ones with periods that do not divide one another; 4 shards of 4 samples. */
const ALL: Regularizers = {
  r1: { gamma: { kind: "linear", from: 2, to: 0.1 }, every: 3 },
  r2: { gamma: 0.5, every: 2 },
  gradientPenalty: { weight: 1 },
  dragan: { weight: { from: 1, to: 0.1 }, every: 4 },
  consistency: {},
  lecam: {},
  featureMatching: {},
  pathLength: { every: 2 },
  instanceNoise: { stddev: { kind: "cosine", from: 0.3, to: 0 } },
};
const STEPS = 7;

const config = (changes: Changes): RunConfig => smallConfig(STEPS, { shard: 4, ...changes });

async function run(
  of: RunConfig,
  nodes: number,
  more: { taken?: number[]; resume?: string; stopAfter?: number } = {},
): Promise<SmallOutcome> {
  const { taken, resume, stopAfter } = more;
  const stop = new AbortController();
  const done = await smallRun({
    config: of,
    out: await temporaryFolder(),
    ...(resume !== undefined && { resume }),
    stop: stop.signal,
    nodes: (hub) => {
      for (let i = 0; i < nodes; i++) startComputingNode(hub, `node-${i}`, SMALL_DATA, taken);
    },
    onEvent: (event) => {
      if (event.type === "step" && event.step === stopAfter) stop.abort();
    },
  });
  expect(done.error).toBeNull();
  return done;
}

describe("gives the same weights on 1, 2 and 3 nodes:", () => {
  test.each(LOSS_NAMES)("%s with all regularizers", async (loss) => {
    const labelSmoothing = lossOf(loss).hasTargets && { labelSmoothing: { real: 0.9, fake: 0.1 } };
    const of = config({ loss, regularizers: { ...ALL, ...labelSmoothing } });
    const [one, two, three] = [await run(of, 1), await run(of, 2), await run(of, 3)].map(
      ({ outcome }) => outcome!,
    );
    expect(two.weightsHash).toBe(one.weightsHash);
    expect(three.weightsHash).toBe(one.weightsHash);
  });
});

test("each regularizer changes the weights", async () => {
  const hashes = new Map<string, string>();
  for (const name of [undefined, ...Object.keys(ALL), "labelSmoothing"] as (
    | keyof Regularizers
    | undefined
  )[]) {
    const regularizers = name === undefined ? {} : { [name]: ALL[name] ?? {} };
    const { outcome } = await run(smallConfig(3, { shard: 8, regularizers }), 1);
    hashes.set(outcome!.weightsHash, String(name));
  }
  expect([...hashes.values()]).toHaveLength(2 + Object.keys(ALL).length);
});

test.each([1, 2, 3, 4, 5, 6])(
  "stopped after step %i of 7, amid ramps and lazy periods, it goes on to the same weights",
  async (step) => {
    const of = config({ loss: "relativistic-pairing", regularizers: ALL });
    const whole = await run(of, 2);
    const half = await run(of, 1, { stopAfter: step });
    expect(half.outcome).toMatchObject({ state: "stopped", steps: step });
    const resumed = await run(of, 2, { resume: half.folder.path });
    expect(resumed.outcome).toMatchObject({ state: "done", steps: STEPS, images: whole.outcome!.images });
    expect(resumed.outcome!.weightsHash).toBe(whole.outcome!.weightsHash);
  },
);

test.each([1, 2, 3])(
  "on %i nodes every sample is used once an epoch, by D, by G and by lazy rounds",
  async (nodes) => {
    // batches of 10: two rounds of D, R1 in every second step, one round of G that reads real samples too
    const of = smallConfig(4, {
      batch: 10,
      shard: 5,
      loss: "relativistic-pairing",
      regularizers: { r1: { every: 2 } },
    });
    const taken: number[] = [];
    const { outcome } = await run(of, nodes, { taken });
    expect(outcome!.images).toBe(10 * (4 * 3 + 2));
    expect(taken).toHaveLength(outcome!.images);
    const counts = new Map<number, number>();
    for (const id of taken) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect(counts.size).toBe(SMALL_DATA.count); // 140 samples of 50 images: each two or three times
    expect(new Set(counts.values())).toEqual(new Set([2, 3]));
  },
);

test("a run of some epochs takes no sample more than these, whatever its lazy rounds take", async () => {
  const of = smallConfig(1, {
    batch: 10,
    shard: 5,
    length: { kind: "epochs", epochs: 2 },
    schedule: { kind: "simultaneous" },
    regularizers: { r1: { every: 3 } },
  });
  // 100 samples: steps 0, 3, 6 take 20, others 10: 20 + 10 + 10 + 20 + 10 + 10 + 20 = 100
  const { outcome } = await run(of, 1);
  expect(outcome).toMatchObject({ steps: 7, images: 100 });
});
