// Constraints of layers hold in every checkpoint of a run.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadNewestCheckpoint } from "../../coordinator/records/checkpoint/checkpoint.ts";
import { viewOf } from "../../shared/protocol/layout.ts";
import { temporaryFolder } from "../support/cli.ts";
import { startFakeNode } from "../support/fake-node.ts";
import { smallConfig, smallRun } from "../support/small-run.ts";

test("non-negative kernels and columns of length 1 stay so; weights without a constraint go where they go", async () => {
  const file = fileURLToPath(new URL("../support/constrained-networks.ts", import.meta.url));
  const run = await smallRun({
    config: smallConfig(3, { model: { kind: "module", file } }),
    out: await temporaryFolder(),
    nodes: (hub) => void startFakeNode({ hub, id: "a" }),
  });
  expect(run.error).toBeNull();
  const { checkpoint } = await loadNewestCheckpoint(run.folder);
  const weights = (name: string): number[] => [
    ...viewOf(
      checkpoint.weights,
      checkpoint.layout.slots.find((slot) => slot.name === name)!,
    ),
  ];
  const constrained = weights("discriminator/01-dense/kernel"); // [4, 3]
  expect(Math.min(...constrained)).toBe(0);
  expect(Math.min(...weights("discriminator/02-dense/kernel"))).toBeLessThan(0);
  const kernel = weights("generator/00-dense/kernel"); // [3, 4]
  const lengths = [0, 1, 2, 3].map((column) =>
    Math.hypot(...[0, 1, 2].map((row) => kernel[row * 4 + column])),
  );
  for (const length of lengths) expect(length).toBeCloseTo(1, 6);
});

test("with a weight clip every trained weight of D is within ±c after each step, and G's are not touched", async () => {
  const c = 0.01;
  const run = await smallRun({
    config: smallConfig(3, { weightClip: c, checkpointEvery: 1, keep: "all" }), // two rounds of D, one of G
    out: await temporaryFolder(),
    nodes: (hub) => void startFakeNode({ hub, id: "a" }),
  });
  expect(run.error).toBeNull();
  const { checkpoint } = await loadNewestCheckpoint(run.folder);
  const largest = (network: string): number[] =>
    checkpoint.layout.slots
      .filter(({ name }) => name.startsWith(`${network}/`))
      .map((slot) => Math.max(...viewOf(checkpoint.weights, slot).map(Math.abs)));
  expect(largest("discriminator")).toHaveLength(2); // the bias too
  for (const value of largest("discriminator")) expect(value).toBeLessThanOrEqual(Math.fround(c));
  expect(Math.max(...largest("generator"))).toBeGreaterThan(c);
});

test("twenty rounds of D before each of G, with Adam's β₁ at 0 and two rates, are one step", async () => {
  const config = smallConfig(2, {
    schedule: { kind: "alternating", discriminatorRounds: 20 },
    optimizer: { learningRate: 4e-4, beta1: 0 },
    optimizers: { generator: { learningRate: 1e-4 } },
  });
  const run = await smallRun({
    config,
    out: await temporaryFolder(),
    nodes: (hub) => void startFakeNode({ hub, id: "a" }),
  });
  expect(run.outcome).toMatchObject({ state: "done", steps: 2, version: 2 * 21, images: 2 * 20 * 16 });
  const { optimizers } = (await loadNewestCheckpoint(run.folder)).checkpoint;
  expect([optimizers["discriminator"].t, optimizers["generator"].t]).toEqual([40, 2]);
});
