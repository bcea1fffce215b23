// A run that is steered while it goes on: its course is recorded, and a replay and a resume have the same weights.
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { readLedger, verifyLedger } from "../../coordinator/records/ledger.ts";
import type { Answered, ControlRequest } from "../../coordinator/steering/requests.ts";
import type { Steering } from "../../coordinator/steering/steering.ts";
import type { RunFlags } from "../../deploy/run/run-setup.ts";
import type { RunConfig } from "../../shared/config/config.ts";
import { temporaryFolder } from "../support/cli.ts";
import { writeIdxFolder } from "../support/idx-folder.ts";
import { type LifeOptions, type Lived, live } from "../support/run-life.ts";

const IMAGES = 12;

let flags: RunFlags;

beforeEach(async () => {
  const folder = await temporaryFolder();
  vi.stubEnv("GANGLION_CACHE", join(folder, "cache"));
  const model = join(folder, "gan.mjs");
  await writeFile(model, `
    export const generator = ({ tf, latentSize, imageShape }) => tf.sequential({ layers: [
      tf.layers.dense({ units: 16, inputShape: [latentSize] }),
      tf.layers.reshape({ targetShape: imageShape })] });
    export const discriminator = ({ tf, imageShape }) => tf.sequential({ layers: [
      tf.layers.flatten({ inputShape: imageShape }), tf.layers.dense({ units: 1 })] });`); // prettier-ignore
  const data = await writeIdxFolder(join(folder, "data"), IMAGES, [4, 4, 1], 3);
  flags = { model, data, batch: 4, shard: 2, steps: 12, learningRate: 0.01, out: join(folder, "runs") };
  return () => vi.unstubAllEnvs();
});

type Wish = ControlRequest extends infer R ? (R extends ControlRequest ? Omit<R, "id"> : never) : never;

/** Asks for it once, when this step is made. */
function after(step: number, ...wishes: readonly Wish[]): NonNullable<LifeOptions["steer"]> {
  let isAsked = false;
  return (steering, event) => {
    if (isAsked || event.type !== "step" || event.step !== step) return;
    isAsked = true;
    for (const [i, wish] of wishes.entries()) void ask(steering, wish, `step-${step}-${i}`);
  };
}

function ask(steering: Steering, wish: Wish, id: string): Promise<Answered> {
  return steering.submit({ ...wish, id }, "a test");
}

function both(...steers: readonly NonNullable<LifeOptions["steer"]>[]): NonNullable<LifeOptions["steer"]> {
  return (steering, event) => steers.forEach((steer) => steer(steering, event));
}

async function configOf({ setup }: Lived): Promise<RunConfig> {
  return JSON.parse(await readFile(setup.folder.configFile, "utf8")) as RunConfig;
}

async function expectReplay(run: Lived): Promise<void> {
  const again = await live({ out: flags.out, config: run.setup.folder.configFile });
  expect(again.outcome.weightsHash).toBe(run.outcome.weightsHash);
  const { steps, images, version } = run.outcome;
  expect(again.outcome).toMatchObject({ state: "done", steps, images, version });
  const { history } = await configOf(run);
  expect((await configOf(again)).history).toEqual(history);
  const changedAt = history.map(({ step }) => step);
  for (const { folder } of [run.setup, again.setup])
    expect(verifyLedger(await readLedger(folder.ledgerFile), IMAGES, changedAt)).toEqual([]);
}

describe("a change of the run's course", () => {
  test("a rate that is set after step 5 is what --resume --change makes of it, and is replayed", async () => {
    const run = await live(flags, { steer: after(5, { action: "set", change: ["learning-rate=0.002"] }) });
    expect(run.outcome).toMatchObject({ state: "done", steps: 12 });
    expect(run.answers).toEqual([
      {
        id: "step-5-0",
        action: "set",
        outcome: "applied",
        step: 5,
        said: ["from step 5 on: optimizer.learningRate 0.01 -> 0.002"],
      },
    ]);
    expect((await configOf(run)).history).toEqual([
      { step: 5, change: { optimizer: { learningRate: 0.002 } } },
    ]);
    const half = await live(flags, { stopAfter: 5 });
    const resumed = { out: flags.out, resume: half.setup.folder.path, change: ["learning-rate=0.002"] };
    expect((await live(resumed)).outcome.weightsHash).toBe(run.outcome.weightsHash);
    await expectReplay(run);
  });

  test("a run that is stopped after it goes on with it", async () => {
    const half = await live(flags, {
      stopAfter: 8,
      steer: after(5, { action: "set", change: ["batch=8", "shard=4"] }),
    });
    const run = await live({ out: flags.out, resume: half.setup.folder.path });
    const whole = await live(flags, { steer: after(5, { action: "set", change: ["batch=8", "shard=4"] }) });
    expect(run.outcome.weightsHash).toBe(whole.outcome.weightsHash);
    await expectReplay(run);
  });

  test.each(["discriminator", "generator"] as const)(
    "the %s alone for three steps leaves the other as it was",
    async (network) => {
      const run = await live({ ...flags, checkpointEvery: 1, keep: "all" }, {
      steer: after(4, { action: "train-only", network, steps: 3 }),
    }); // prettier-ignore
      expect((await configOf(run)).history).toEqual([
        { step: 4, change: { trainOnly: { network, untilStep: 7 } } },
        { step: 7, change: { trainOnly: null } },
      ]);
      const { loadCheckpoint } = await import("../../coordinator/records/checkpoint/checkpoint.ts");
      const at = async (step: number): Promise<Readonly<Record<string, readonly number[]>>> => {
        const file = join(run.setup.folder.checkpoints, `${String(step).padStart(6, "0")}.safetensors`);
        const { weights, layout } = await loadCheckpoint(file);
        const of = (name: string): number[] =>
          layout.slots
            .filter((slot) => slot.name.startsWith(`${name}/`))
            .flatMap(({ offset, size }) => [...weights.subarray(offset, offset + size)]);
        return { generator: of("generator"), discriminator: of("discriminator") };
      };
      const [before, end, later] = [await at(4), await at(7), await at(8)];
      const other = network === "generator" ? "discriminator" : "generator";
      expect(end[other]).toEqual(before[other]);
      expect(end[network]).not.toEqual(before[network]);
      expect(later[other]).not.toEqual(end[other]);
      await expectReplay(run);
    },
  );

  test("a rate that is set while one network is trained alone leaves its end as it is", async () => {
    const run = await live(flags, {
      steer: both(
        after(3, { action: "train-only", network: "discriminator", steps: 5 }),
        after(5, { action: "set", change: ["learning-rate=0.002"] }),
      ),
    });
    expect((await configOf(run)).history.map(({ step }) => step)).toEqual([3, 5, 8]);
    await expectReplay(run);
  });

  test("a run that is killed while one network is trained alone ends that where it was to end", async () => {
    const steer = (): NonNullable<LifeOptions["steer"]> =>
      after(3, { action: "train-only", network: "generator", steps: 5 });
    const whole = await live(flags, { steer: steer() });
    const half = await live(flags, { stopAfter: 6, steer: steer() });
    const run = await live({ out: flags.out, resume: half.setup.folder.path });
    expect(run.outcome.weightsHash).toBe(whole.outcome.weightsHash);
    expect((await configOf(run)).history).toEqual((await configOf(whole)).history);
  });

  test("a rollback makes the same steps again, and with a change others, and keeps what it goes back from", async () => {
    const often = { ...flags, checkpointEvery: 2, keep: "all" as const };
    const plain = await live(often);
    const same = await live(often, { steer: after(7, { action: "rollback", to: 4, change: [] }) });
    expect(same.outcome.weightsHash).toBe(plain.outcome.weightsHash);
    const run = await live(often, {
      steer: after(7, { action: "rollback", to: 4, change: ["learning-rate=0.002"] }),
    });
    expect(run.answers).toMatchObject([{ outcome: "applied", step: 4 }]);
    expect((await configOf(run)).history).toEqual([
      { step: 4, change: { optimizer: { learningRate: 0.002 } } },
    ]);
    const started = await live(often, {
      steer: after(4, { action: "set", change: ["learning-rate=0.002"] }),
    });
    expect(run.outcome.weightsHash).toBe(started.outcome.weightsHash);
    const stats = (await readFile(run.setup.folder.statsFile, "utf8")).trim().split("\n");
    expect(stats.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual([...Array(12).keys()].map((i) => i + 1)); // prettier-ignore
    const aside = await readdir(join(run.setup.folder.path, "abandoned", "1", "checkpoints"));
    expect(aside.sort()).toEqual(["000006.safetensors", "000007.safetensors"]);
    await expectReplay(run);
  });
});

test("what is refused says why, and leaves the run as it was", async () => {
  const refused = [
    [{ action: "set", change: ["seed=3"] }, "it decides the order of the samples"],
    [{ action: "set", change: ["shard=3"] }, "does not divide the batch"],
    [{ action: "set", change: ["steps=2"] }, "less than the 5 steps"],
    [{ action: "set", change: ["model=./other.mjs"] }, "names a file on the coordinator's machine"],
    [{ action: "rollback", to: 3, change: [] }, "has no"],
    [{ action: "evaluate" }, "evaluate-every"],
    [{ action: "fork", change: ["optimizer.beta1=0"] }, "write FLAG=VALUE"],
    [{ action: "set", change: ["batch=400", "shard=4"] }, "larger than the data set"], // known when the next part begins
  ] as const;
  const plain = await live(flags);
  const run = await live(flags, { steer: after(5, ...refused.map(([wish]) => wish as unknown as Wish)) });
  const answers = run.answers.map((one) => (one.outcome === "refused" ? one.reason : one.outcome));
  expect(answers).toEqual(refused.map(([, reason]) => expect.stringContaining(reason) as unknown));
  expect(run.answers.every(({ step }) => step === 5)).toBe(true);
  expect(run.outcome.weightsHash).toBe(plain.outcome.weightsHash);
  expect((await configOf(run)).history).toEqual([]);
});

describe("what changes no bits", () => {
  test("a pause: no step is committed until it is over, and the weights are those of a run without", async () => {
    const plain = await live(flags);
    const states: string[] = [];
    let stepsWhilePaused = 0;
    const run = await live(flags, {
      steer: both(after(5, { action: "pause" }), (steering, event) => {
        if (event.type === "step" && states.at(-1) === "paused") stepsWhilePaused++;
        if (event.type !== "run") return;
        states.push(event.state);
        if (event.state !== "paused") return;
        void ask(steering, { action: "sample" }, "sample-while-paused")
          .then(() => ask(steering, { action: "checkpoint" }, "checkpoint-while-paused"))
          .then(() => ask(steering, { action: "resume" }, "resume-the-run"));
      }),
    });
    expect(states).toEqual(["preparing", "training", "paused", "training", "done"]);
    expect(stepsWhilePaused).toBe(0);
    expect(run.answers.map(({ action, outcome, step }) => [action, outcome, step])).toEqual([
      ["pause", "applied", 5],
      ["sample", "applied", 5],
      ["checkpoint", "applied", 5],
      ["resume", "applied", 5],
    ]);
    expect(run.outcome.weightsHash).toBe(plain.outcome.weightsHash);
    expect(run.events).toContainEqual(expect.objectContaining({ type: "samples", step: 5 }));
    expect(run.events).toContainEqual(expect.objectContaining({ type: "checkpoint", step: 5 }));
  });

  test("a stop while it is paused leaves a checkpoint, from which the run trains on", async () => {
    const plain = await live(flags);
    const half = await live(flags, {
      steer: both(after(5, { action: "pause" }), (steering, event) => {
        if (event.type === "run" && event.state === "paused")
          void ask(steering, { action: "stop" }, "stop-it-now");
      }),
    });
    expect(half.outcome).toMatchObject({ state: "stopped", steps: 5 });
    const run = await live({ out: flags.out, resume: half.setup.folder.path });
    expect(run.outcome).toMatchObject({ state: "done", weightsHash: plain.outcome.weightsHash });
  });

  test("a change while it is paused leaves it paused", async () => {
    const states: string[] = [];
    await live(flags, {
      steer: both(
        after(5, { action: "pause" }, { action: "set", change: ["learning-rate=0.002"] }),
        (steering, event) => {
          if (event.type !== "run") return;
          states.push(event.state);
          if (states.filter((state) => state === "paused").length === 2)
            void ask(steering, { action: "resume" }, "resume-the-run");
        },
      ),
    });
    expect(states).toEqual(["preparing", "training", "paused", "preparing", "paused", "training", "done"]);
  });

  test("a fork is the command of a new run from a checkpoint of this one", async () => {
    const run = await live({ ...flags, checkpointEvery: 2 }, {
      steer: after(5, { action: "fork", checkpoint: 4, change: ["learning-rate=0.002", "flip=true"] }),
    }); // prettier-ignore
    const [answer] = run.answers;
    expect(answer).toMatchObject({ outcome: "refused" });
    expect(answer.outcome === "refused" && answer.command).toMatch(/^ganglion train --from .*000004\.safetensors --learning-rate 0\.002 --flip$/); // prettier-ignore
  });
});
