// A run that stops and goes on has the weights of one that did not, with every optimizer and all that is on with it.
import { describe, expect, test } from "vitest";
import type { MemoryHub } from "../../shared/transport/memory.ts";
import type { OptimizerConfigInput } from "../../shared/config/optimizer-config.ts";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { temporaryFolder } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

const STEPS = 9;
const STOP_AFTER = 4;

describe("stopped after four steps of nine and resumed", () => {
  test.each<[string, OptimizerConfigInput]>([
    ["sgd", { kind: "sgd", learningRate: 0.05 }],
    ["sgd with Nesterov's momentum", { kind: "sgd", learningRate: 0.01, momentum: 0.9, nesterov: true }],
    ["rmsprop, centered, with momentum", { kind: "rmsprop", momentum: 0.5, centered: true, epsilon: 1e-3 }],
    ["adam with a cosine, warm-up and clipping by norm", { learningRateSchedule: { kind: "cosine", warmUpSteps: 3 }, clip: { kind: "norm", norm: 0.5 } }],
    ["adamw with steps, L2 and clipping by value", { kind: "adamw", l2: 0.01, learningRateSchedule: { kind: "step", everySteps: 3 }, clip: { kind: "value", value: 0.1 } }],
  ])("%s", async (_name, optimizer) => {
    const config = smallConfig(STEPS, { optimizer });
    await expectSameWeights(config);
  }); // prettier-ignore

  test("betas and rate over images, and an average by its half-life with a ramp-up", async () => {
    const config = smallConfig(STEPS, {
      optimizer: { learningRate: { from: 0.05, to: 0.01 }, beta2: { kind: "linear", from: 0.5, to: 0.99 } },
      averageHalfLife: { from: 20, to: 200 },
      averageRampUp: 0.5,
    });
    await expectSameWeights(config);
  });

  test("two optimizers, one for each network", async () => {
    const config = smallConfig(STEPS, {
      optimizer: { learningRate: 0.05 },
      optimizers: { generator: { kind: "sgd", learningRate: 0.02, momentum: 0.7 } },
    });
    await expectSameWeights(config);
  });
});

test("a run that goes on where other bits are computed says so; where the same are, it does not", async () => {
  const out = await temporaryFolder();
  const runWith = async (arithmetic: string, steps: number, resume?: string): Promise<[string, string[]]> => {
    const warnings: string[] = [];
    const { folder, outcome } = await smallRun({
      config: smallConfig(steps),
      out,
      ...(resume !== undefined && { resume }),
      nodes: (hub) => void startFakeNode({ hub, id: "a", arithmetic }),
      onEvent: (event) => {
        if (event.type === "warning") warnings.push(`${event.code}: ${event.message}`);
      },
    });
    expect(outcome).toMatchObject({ state: "done", steps });
    return [folder.path, warnings];
  };
  const [run, first] = await runWith("one", 2);
  const [, same] = await runWith("one", 3, run);
  const [, other] = await runWith("another", 4, run);
  expect([first, same]).toEqual([[], []]);
  expect(other).toEqual([
    "OTHER_NUMERICS: the steps so far were computed with one, those from here on with another: the run goes on, but its bits differ from those of a run on one of them; for the same bits, resume it with nodes that have one",
  ]);
});

async function expectSameWeights(config: ReturnType<typeof smallConfig>): Promise<void> {
  const out = await temporaryFolder();
  const nodes = (hub: MemoryHub): void => void startFakeNode({ hub, id: "a", threads: 2 });
  const whole = await smallRun({ config, out, nodes });
  expect(whole.error).toBeNull();

  const stop = new AbortController();
  const half = await smallRun({
    config,
    out,
    nodes,
    stop: stop.signal,
    onEvent: (event) => {
      if (event.type === "step" && event.step === STOP_AFTER) stop.abort();
    },
  });
  expect(half.outcome).toMatchObject({ state: "stopped", steps: STOP_AFTER });
  const resumed = await smallRun({ config, out, resume: half.folder.path, nodes });
  expect(resumed.outcome).toMatchObject({ state: "done", steps: STEPS });
  expect(resumed.outcome!.weightsHash).toBe(whole.outcome!.weightsHash);
  const [theirs, own] = await Promise.all([whole, resumed].map(({ folder }) => loadNewestCheckpoint(folder)));
  expect(own.checkpoint.ema).toEqual(theirs.checkpoint.ema);
}
