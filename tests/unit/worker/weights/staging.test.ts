import { expect, test } from "vitest";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import { byNetwork } from "../../../../shared/protocol/slot-names.ts";
import { Staging } from "../../../../worker/weights/staging.ts";
import type { TaskWeights } from "../../../../worker/task.ts";

const layout = createLayout([
  { name: "discriminator/00-dense/kernel", shape: [2] },
  { name: "generator/00-dense/kernel", shape: [1] },
  { name: "state/discriminator/00-dense/u", shape: [1] },
]);

function weights(copy: number, ...values: number[]): TaskWeights {
  const vector = new Float32Array(new SharedArrayBuffer(4 * layout.length));
  vector.set(values);
  return { copy, vector };
}

test("a thread notices which weights are others than before", () => {
  const staging = new Staging(layout);
  expect([...staging.take(weights(0, 1, 2, 3, 4))]).toEqual(layout.slots.map(({ name }) => name));
  expect(staging.vector).toEqual(Float32Array.of(1, 2, 3, 4));
  // a round of G changed G alone
  expect([...staging.take(weights(1, 1, 2, 5, 4))]).toEqual(["generator/00-dense/kernel"]);
  expect(staging.vector).toEqual(Float32Array.of(1, 2, 5, 4));
});

test("averaged weights in between are a change there and back", () => {
  const staging = new Staging(layout);
  const [trained, averaged] = [weights(0, 1, 2, 3, 4), weights(1, 1, 2, 2.5, 4)];
  staging.take(trained);
  expect([...staging.take(averaged)]).toEqual(["generator/00-dense/kernel"]);
  expect([...staging.take(trained)]).toEqual(["generator/00-dense/kernel"]);
  expect(staging.vector).toEqual(trained.vector);
});

test("a zero of the other sign is another weight, and a NaN like the one before is none", () => {
  const staging = new Staging(layout);
  staging.take(weights(0, 0, Number.NaN, 0, 0));
  expect([...staging.take(weights(1, 0, Number.NaN, -0, 0))]).toEqual(["generator/00-dense/kernel"]);
});

test("a network's weights and its state are one group", () => {
  expect(byNetwork(layout.slots.map(({ name }) => name))).toEqual([
    ["discriminator/00-dense/kernel", "state/discriminator/00-dense/u"],
    ["generator/00-dense/kernel"],
  ]);
});
