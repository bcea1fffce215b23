// Losses and regularizers in whole runs: the same weights on any number of nodes and after a resume, every sample once.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { RunConfig, RunConfigInput } from "../../../shared/config/config.ts";
import type { NumberedEvent } from "../../../coordinator/dashboard/events.ts";
import { LOSS_NAMES, type LossName } from "../../../shared/config/objectives/losses.ts";
import { temporaryFolder } from "../../support/cli.ts";
import { startComputingNode } from "../../support/computing-node.ts";
import { SMALL_DATA, type SmallOutcome, smallConfig, smallRun } from "../../support/small-run.ts";

type Changes = Partial<RunConfigInput>;
type Regularizers = NonNullable<RunConfigInput["regularizers"]>;

/** Convolutions: the slope of the smallest discriminator is the same for all images. */
const model = {
  kind: "module",
  file: fileURLToPath(new URL("../../support/conv-gan.ts", import.meta.url)),
} as const;
const STEPS = 5;

const falling = { kind: "linear", from: 2, to: 0.1 } as const;
const PARTS: Readonly<Record<LossName, Regularizers>> = {
  "non-saturating": { labelSmoothing: {}, r1: { gamma: falling, every: 2 } },
  minimax: { labelSmoothing: { real: 1, fake: 0.1 }, dragan: { weight: 1, every: 3 } },
  "least-squares": { labelSmoothing: { fake: 0.1 }, instanceNoise: { stddev: falling } },
  hinge: { lecam: {}, consistency: {} },
  wasserstein: { gradientPenalty: {} },
  "relativistic-average": { featureMatching: {}, pathLength: { every: 2 } },
  "relativistic-pairing": { r1: { gamma: falling }, r2: { gamma: 0.5 } },
};
/** With lazy periods that do not divide one another. */
const MANY: Regularizers = {
  r1: { gamma: falling, every: 3 },
  dragan: { weight: 1, every: 2 },
  lecam: {},
  pathLength: { every: 2 },
  instanceNoise: { stddev: falling },
};

const config = (changes: Changes): RunConfig =>
  smallConfig(STEPS, { model, shard: 4, schedule: { kind: "alternating" }, ...changes });

async function run(
  of: RunConfig,
  nodes: number,
  more: {
    taken?: Map<string, number[]>;
    resume?: string;
    stopAfter?: number;
    onStep?: (event: Extract<NumberedEvent, { type: "step" }>) => void;
  } = {},
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
      if (event.type !== "step") return;
      more.onStep?.(event);
      if (event.step === stopAfter) stop.abort();
    },
  });
  expect(done.error).toBeNull();
  return done;
}

describe("gives the same weights on 1, 2 and 3 nodes:", () => {
  test.each(LOSS_NAMES)("%s", async (loss) => {
    const of = config({ loss, regularizers: PARTS[loss] });
    const hashes = new Set<string>();
    for (const nodes of [1, 2, 3]) hashes.add((await run(of, nodes)).outcome!.weightsHash);
    expect(hashes.size).toBe(1);
  });
});

test.each([2, 3])(
  "stopped after step %i of 5, amid ramps and lazy periods, it goes on to the same weights",
  async (step) => {
    const of = config({ loss: "relativistic-pairing", regularizers: MANY });
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
      model,
      batch: 10,
      shard: 5,
      loss: "relativistic-pairing",
      regularizers: { r1: { every: 2 } },
    });
    const taken = new Map<string, number[]>();
    const { outcome } = await run(of, nodes, { taken });
    expect(outcome!.images).toBe(10 * (4 * 3 + 2));
    const ids = [...taken.values()].flat();
    expect(ids).toHaveLength(outcome!.images);
    const counts = new Map<number, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    expect(counts.size).toBe(SMALL_DATA.count); // 140 samples of 50 images: each two or three times
    expect(new Set(counts.values())).toEqual(new Set([2, 3]));
  },
);

test("a run of some epochs takes no sample more than these, whatever its lazy rounds take", async () => {
  const of = smallConfig(1, {
    model,
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

test("a lazy penalty is a curve of its own, and its gradient no point of its network's", async () => {
  const alone = config({ regularizers: { r1: { gamma: 1e5, every: 2 } } });
  const lines: { readonly metrics: object; readonly norm: number }[] = [];
  await run(alone, 1, {
    onStep: ({ metrics, gradientNorms }) => lines.push({ metrics, norm: gradientNorms["discriminator"] }),
  });
  expect(lines.map(({ metrics }) => "penalty/r1" in metrics)).toEqual([true, false, true, false, true]);
  for (const { norm } of lines) expect(norm).toBeLessThan(100); // γ times two would make it thousands
});
