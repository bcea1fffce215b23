// Clip, rule and average in one pass of kernels: the bits of one plain loop after the other over whole vectors.
import { afterAll, describe, expect, test } from "vitest";
import { meanOf } from "../../../../coordinator/update/clip.ts";
import { createConstrain } from "../../../../coordinator/update/constraints.ts";
import { Updater, type UpdaterState } from "../../../../coordinator/update/update.ts";
import {
  type Pass,
  type VectorThreads,
  runTile,
} from "../../../../coordinator/update/vector-threads/loops.ts";
import { sharedFloats } from "../../../../coordinator/update/vector-threads/shared-memory.ts";
import { Team } from "../../../../coordinator/update/vector-threads/team.ts";
import { TILE, countOf } from "../../../../coordinator/update/vector-threads/tiles.ts";
import { Weights } from "../../../../coordinator/update/weights.ts";
import { type RunConfigInput, parseConfig } from "../../../../shared/config/config.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import type { PhasePlan } from "../../../../shared/protocol/messages.ts";

/** Kernels, in this thread. */
const team = new Team((message) => expect.fail(message), 1);
afterAll(() => team.close());

/** The plain loops, one after the other, each over the whole vector: the oracle. */
const oneByOne: VectorThreads = {
  run(passes: readonly Pass[]) {
    for (const { loops, tiles } of passes)
      for (const loop of loops) for (let tile = 0; tile < countOf(tiles); tile++) runTile(loop, tiles, tile);
  },
  floats: sharedFloats,
};

const OPTIMIZERS: readonly NonNullable<RunConfigInput["optimizer"]>[] = [
  { kind: "sgd" },
  { kind: "sgd", momentum: 0.9 },
  { kind: "sgd", momentum: 0.9, nesterov: true },
  { kind: "rmsprop" },
  { kind: "rmsprop", centered: true },
  { kind: "rmsprop", momentum: 0.5 },
  { kind: "rmsprop", centered: true, momentum: 0.5 },
  { kind: "adam", beta1: 0.5 },
  { kind: "adam", l2: 0.01 },
  { kind: "adamw", weightDecay: 0.1 },
];
const CLIPS = [{ kind: "none" }, { kind: "norm", norm: 0.01 }, { kind: "value", value: 0.2 }] as const;
const SIZES = [6, TILE - 1, TILE + 6];

describe.each(OPTIMIZERS)("%j in one pass", (optimizer) => {
  test.each(CLIPS)("with clip %j has the bits of separate loops, average included", (clip) => {
    for (const size of SIZES) expectSame({ optimizer: { ...optimizer, clip } }, size);
  });
});

test.each([{ average: 0 }, { averageHalfLife: 50 }])(
  "an average as of %j has the bits of a loop of its own",
  (average) => {
    expectSame({ optimizer: { kind: "adam" }, ...average }, TILE + 5);
  },
);

test("of weights that their layer constrains, the average follows what they have become", () => {
  const config = { optimizer: { kind: "sgd", learningRate: 1 }, averageHalfLife: 2 } as const;
  const { state, weights } = train(config, 5, team, true);
  expect([...weights].every((value) => value >= 0)).toBe(true);
  expect([...weights.subarray(3)].some((value) => value === 0)).toBe(true);
  // of what was never below 0 the average is not either; the drafts were, in the first step already
  expect([...state.ema!.subarray(3)].every((value) => value >= 0)).toBe(true);
});

function expectSame(config: Partial<RunConfigInput>, size: number): void {
  const [fused, separate] = [train(config, size, team), train(config, size, oneByOne)];
  expect(bitsOf(fused.weights)).toEqual(bitsOf(separate.weights));
  expect(fused.state.ema && bitsOf(fused.state.ema)).toEqual(
    separate.state.ema && bitsOf(separate.state.ema),
  );
  for (const [name, { t, moments }] of Object.entries(separate.state.optimizers)) {
    expect(fused.state.optimizers[name].t).toBe(t);
    for (const [moment, vector] of Object.entries(moments))
      expect(bitsOf(fused.state.optimizers[name].moments[moment])).toEqual(bitsOf(vector));
  }
}

/** Three rounds of a discriminator with 3 weights and a generator with `size` in a kernel and 2 in a bias. */
function train(
  options: Partial<RunConfigInput>,
  size: number,
  threads: VectorThreads,
  isConstrained = false,
): { readonly weights: Float32Array; readonly state: UpdaterState } {
  const config = parseConfig({
    model: { kind: "preset", name: "digits" },
    length: { kind: "steps", steps: 3 },
    average: 0.9,
    ...options,
  });
  const slots = [
    { name: "discriminator/0/w", shape: [3] },
    { name: "generator/0/w", shape: [size, 1] },
    { name: "generator/1/b", shape: [2] },
  ];
  const layout = createLayout(slots);
  const initial = numbers(layout.length, 0.5).map(Math.abs);
  const constraints = slots.map(({ name }) => ({
    weight: name,
    constraint: { kind: "nonNegative" } as const,
  }));
  const constrain = isConstrained ? createConstrain(layout, constraints) : null;
  const weights = new Weights(initial, 0, constrain, (length) => threads.floats(length));
  const networks = ["discriminator", "generator"];
  const updater = new Updater({ config, layout, initial, networks, steps: 3, runImages: 1000, threads });
  const phase: PhasePlan = {
    name: "both",
    program: "0".repeat(64),
    contribution: createLayout(slots.map(({ name, shape }) => ({ name: `gradient/${name}`, shape }))),
    shards: 3,
    shardSize: 1,
    usesSamples: true,
    every: 1,
  };
  for (let step = 0; step < 3; step++) {
    const sum = numbers(layout.length, step + 1);
    const clipped = updater.clip(phase, meanOf(sum, phase.shards));
    updater.applyGradient(phase, { step, images: step * 3 }, clipped, weights);
  }
  return { weights: weights.current, state: updater.state };
}

/** In ± 1, and they look random. */
function numbers(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin((i + 1) * (1.7 + seed)));
}

function bitsOf(vector: Float32Array): string {
  return Buffer.from(vector.slice().buffer).toString("latin1");
}
