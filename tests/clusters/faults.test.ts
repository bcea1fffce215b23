// The real coordinator with nodes that fail in every way a seed can think of: the weights must not show it.
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { listCheckpoints } from "../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { LeaseCounts } from "../../coordinator/leases/answer-counts.ts";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { messageOf } from "../../shared/errors.ts";
import { temporaryFolder } from "../support/cli.ts";
import { type FakeNode, type FakeNodeOptions, startFakeNode } from "../support/fake-node.ts";
import { type FaultKind, type FaultyCluster, startFaultyCluster } from "../support/faulty-cluster.ts";
import { SMALL_DATA, type SmallOutcome, smallConfig, smallRun } from "../support/small-run.ts";

const STEPS = 6;
const PHASES = 3;
const SEEDS = 100;

const ROOT_IN_LOSSES = `
  export const generator = ({ tf, imageShape, latentSize }) => tf.sequential({ layers: [
    tf.layers.dense({ units: 4, inputShape: [latentSize] }), tf.layers.reshape({ targetShape: imageShape })] });
  export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
    tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });
  export function losses({ tf, generator, discriminator, samples, noise }) {
    const fake = discriminator(generator(noise)).mean();
    return { discriminator: tf.sqrt(discriminator(samples).square().mean()).add(fake), generator: fake.neg() };
  }`;

beforeEach(
  () =>
    void vi.useFakeTimers({
      toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "performance"],
    }),
);
afterEach(() => void vi.useRealTimers());

describe("a run of six steps, three phases each, eight shards", () => {
  test(`has one weights hash under ${SEEDS} schedules of faults, and loses and doubles nothing`, async () => {
    const expected = await healthyHash();
    const happened = new Map<FaultKind | keyof LeaseCounts | "length" | "not finite", number>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { run, faults } = await faultyRun(seed);
      const message = `seed ${seed}`;
      expect(run.error, `${message}: ${messageOf(run.error)}`).toBeNull();
      expect(run.outcome, message).toMatchObject({ state: "done", steps: STEPS, weightsHash: expected });
      const contributions = await expectSoundLedger(run.folder, message);
      const { received, accepted, duplicate, stale, rejected } = run.counts;
      const refused = Object.values(rejected).reduce((sum, count) => sum + count, 0);
      expect(accepted + duplicate + stale + refused, message).toBe(received);
      expect(accepted, message).toBe(contributions + 1); // and the pictures of the last step
      for (const [kind, count] of [...faults, ...Object.entries({ ...rejected, duplicate, stale })])
        happened.set(kind as FaultKind, (happened.get(kind as FaultKind) ?? 0) + count);
    }
    // All ten faults were made, and were seen where they can be seen.
    expect([...happened].filter(([, count]) => count < 10)).toEqual([]);
    expect([...happened.keys()]).toEqual(
      expect.arrayContaining(["duplicate", "stale", "length", "not finite", "lost", "joined again"]),
    );
    expect(happened.size).toBe(10 + 4 - 1); // "not finite" is a fault and a reason
  });

  test("asks another node for the pictures when one sends NaN", async () => {
    const run = await smallRun({
      config: smallConfig(STEPS),
      out: await temporaryFolder(),
      nodes(hub) {
        startFakeNode({
          hub,
          id: "broken",
          onLease: (node, lease) =>
            node.answer(lease, (result) => (lease.work.kind === "generate" ? result.fill(NaN) : result)),
        });
        startFakeNode({ hub, id: "healthy" });
      },
    });
    expect(run.outcome?.weightsHash).toBe(await healthyHash());
    expect(run.counts.rejected).toEqual({ "not finite": 1 });
  });

  test("goes on when a node joins again under the same name: the newer session fences the older", async () => {
    const silent: FakeNode[] = [];
    const run = await smallRun({
      config: smallConfig(STEPS),
      out: await temporaryFolder(),
      nodes(hub) {
        const joinAgain = (): void => void startFakeNode({ hub, id: "a" });
        silent.push(startFakeNode({ hub, id: "a", onLease: joinAgain }));
      },
    });
    expect(await silent[0].connection.closed).toBe("the same node joined again");
    expect(run.outcome?.weightsHash).toBe(await healthyHash());
    await expectSoundLedger(run.folder, "joined again");
    expect(await readFile(run.folder.logFile, "utf8")).toContain(
      '"node":"a","contributions":0,"msg":"node left"',
    );
  });
});

describe("a run that ends early", () => {
  test("fails with DIVERGED when every node answers NaN, and its last checkpoint goes on to the same weights", async () => {
    const config = smallConfig(STEPS, { checkpointEvery: 1 });
    const out = await temporaryFolder();
    const run = await smallRun({
      config,
      out,
      nodes: nodesThat((node, lease) =>
        node.answer(lease, (result) => {
          const { work } = lease;
          return work.kind === "phase" && work.step === 3 && work.phase === 1 ? result.fill(NaN) : result;
        }),
      ),
    });
    expect(run.error).toMatchObject({ code: "DIVERGED" });
    const { checkpoint, warnings } = await loadNewestCheckpoint(run.folder);
    expect(checkpoint).toMatchObject({ step: 3, version: 3 * PHASES });
    expect(warnings).toEqual([]);
    expect(checkpoint.weights.every(Number.isFinite)).toBe(true);

    const resumed = await smallRun({ config, out, resume: run.folder.path, nodes: nodesThat() });
    expect(resumed.outcome?.weightsHash).toBe(await healthyHash());
    await expectSoundLedger(resumed.folder, "resumed after divergence");
  });

  test("is not called diverged when nothing was finite from the first step on", async () => {
    const out = await temporaryFolder();
    const nodes = nodesThat((node, lease) => node.answer(lease, (result) => result.fill(NaN)));
    const { error } = await smallRun({ config: smallConfig(STEPS), out, nodes });
    expect(error).toMatchObject({
      code: "DIVERGED",
      message: expect.stringMatching(/not finite from the first step on.*look in the losses/),
    });
  });

  test("that may come of a root in the losses says so, whenever it begins", async () => {
    const file = join(await temporaryFolder(), "root.mjs");
    await writeFile(file, ROOT_IN_LOSSES);
    const config = smallConfig(STEPS, {
      model: { kind: "module", file },
      schedule: { kind: "simultaneous" },
    });
    const failing = (from: number): Promise<SmallOutcome> =>
      temporaryFolder().then((out) =>
        smallRun({
          config,
          out,
          nodes: nodesThat((node, lease) =>
            node.answer(lease, (result) =>
              lease.work.kind === "phase" && lease.work.step >= from ? result.fill(NaN) : result,
            ),
          ),
        }),
      );
    const words = "the losses take a square root, whose slope at 0 is infinite: write tf.sqrt(x.add(1e-12))";
    expect(messageOf((await failing(0)).error)).toMatch(`with the initial weights: ${words}`);
    expect(messageOf((await failing(1)).error)).toMatch(
      `smaller --learning-rate, or from an earlier checkpoint with --from; or it is this: ${words}`,
    );
  });

  test("leaves a checkpoint after so many minutes, also where so many steps are far", async () => {
    const run = await smallRun({
      config: smallConfig(STEPS, { checkpointEvery: 1000, checkpointMinutes: 10 }),
      out: await temporaryFolder(),
      nodes: nodesThat(),
      onEvent: ({ type }) => type === "step" && vi.advanceTimersByTime(5 * 60_000),
    });
    const steps = (await listCheckpoints(run.folder.checkpoints)).map(({ step }) => step);
    expect(steps).toEqual([6, 4, 2]); // every second step of five minutes
  });

  test("stops after the step with a checkpoint, and goes on from it to the same weights", async () => {
    const stop = new AbortController();
    const out = await temporaryFolder();
    const config = smallConfig(STEPS);
    const run = await smallRun({
      config,
      out,
      stop: stop.signal,
      nodes: nodesThat((node, lease) => {
        if (lease.work.kind === "phase" && lease.work.step === 1 && lease.work.phase === 1) stop.abort();
        node.answer(lease);
      }),
    });
    expect(run.outcome).toMatchObject({ state: "stopped", steps: 2, version: 2 * PHASES });
    const { checkpoint } = await loadNewestCheckpoint(run.folder);
    expect(checkpoint).toMatchObject({ step: 2, version: 2 * PHASES, position: 2 * 2 * 16 });

    const resumed = await smallRun({ config, out, resume: run.folder.path, nodes: nodesThat() });
    expect(resumed.outcome).toMatchObject({ state: "done", steps: STEPS, weightsHash: await healthyHash() });
    await expectSoundLedger(resumed.folder, "resumed");
  });

  test("stops at once when there is nobody to finish the step", async () => {
    const run = await smallRun({
      config: smallConfig(STEPS),
      out: await temporaryFolder(),
      stop: AbortSignal.abort(),
      nodes: () => undefined,
    });
    expect(run.outcome).toMatchObject({ state: "stopped", steps: 0 });
  });

  test.each([
    [0, [2]], // the weights are those of two whole steps
    [1, []], // D has gone on already, G has not
  ])("stopped in phase %i, and then left by all, keeps the checkpoints of steps %j", async (phase, kept) => {
    const stop = new AbortController();
    const out = await temporaryFolder();
    const config = smallConfig(STEPS);
    const run = await smallRun({
      config,
      out,
      stop: stop.signal,
      nodes: nodesThat((node, lease) => {
        if (lease.work.kind === "phase" && lease.work.step === 2 && lease.work.phase === phase) stop.abort();
        if (stop.signal.aborted) void node.connection.close("gone");
        else node.answer(lease);
      }),
    });
    expect(run.outcome).toMatchObject({ state: "stopped", steps: 2, version: 2 * PHASES + phase });
    expect((await listCheckpoints(run.folder.checkpoints)).map(({ step }) => step)).toEqual(kept);
    if (kept.length === 0) return;
    const resumed = await smallRun({ config, out, resume: run.folder.path, nodes: nodesThat() });
    expect(resumed.outcome).toMatchObject({ state: "done", steps: STEPS, weightsHash: await healthyHash() });
    await expectSoundLedger(resumed.folder, "resumed");
  });
});

/** Two nodes of one thread each. */
function nodesThat(onLease?: FakeNodeOptions["onLease"]): (hub: FakeNodeOptions["hub"]) => void {
  return (hub) => {
    for (const id of ["a", "b"]) startFakeNode({ hub, id, ...(onLease && { onLease }) });
  };
}

/** What one node gives that does as it is told. */
async function healthyHash(): Promise<string> {
  const out = await temporaryFolder();
  const { outcome } = await smallRun({
    config: smallConfig(STEPS),
    out,
    nodes: (hub) => void startFakeNode({ hub, id: "only" }),
  });
  return outcome!.weightsHash;
}

async function faultyRun(seed: number): Promise<{ run: SmallOutcome; faults: FaultyCluster["faults"] }> {
  const clusters: FaultyCluster[] = [];
  const run = await smallRun({
    config: smallConfig(STEPS),
    out: await temporaryFolder(),
    nodes(hub) {
      const passTime = (milliseconds: number): void => void vi.advanceTimersByTime(milliseconds);
      clusters.push(startFaultyCluster({ hub, seed, nodes: 1 + (seed % 4), passTime }));
    },
  });
  const [cluster] = clusters;
  await cluster.close();
  return { run, faults: cluster.faults };
}

/** Every phase once, every shard once, every sample once; gives the number of contributions. */
async function expectSoundLedger({ ledgerFile }: RunPaths, message: string): Promise<number> {
  const entries = await readLedger(ledgerFile);
  expect(entries, message).toHaveLength(STEPS * PHASES);
  expect(verifyLedger(entries, SMALL_DATA.count), message).toEqual([]);
  return entries.reduce((sum, { contributions }) => sum + contributions.length, 0);
}
