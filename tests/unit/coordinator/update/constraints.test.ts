// Constraints after an update: the numbers of tf.layers' own, on the flat vector.
import * as tfl from "@tensorflow/tfjs-layers";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { apply, createConstrain } from "../../../../coordinator/update/constraints.ts";
import { Weights } from "../../../../coordinator/update/weights.ts";
import { constraintsOf } from "../../../../coordinator/compiler/models/constraints.ts";
import { createLayout } from "../../../../shared/protocol/layout.ts";
import { namedWeights } from "../../../../coordinator/compiler/models/weights.ts";
import { useCpuBackend } from "../../../../shared/program/cpu-backend.ts";

beforeAll(useCpuBackend);

type Constraint = ReturnType<typeof tfl.constraints.nonNeg>;

/** A layer with this constraint on its kernel [3, 2, 2]. */
function weightsWith(kernelConstraint: Constraint): ReturnType<typeof namedWeights> {
  const layer = tfl.layers.conv1d({ filters: 2, kernelSize: 3, kernelConstraint, inputShape: [5, 2] });
  return namedWeights({ discriminator: tfl.sequential({ layers: [layer] }) });
}

const SHAPE = [3, 2, 2] as const;
const VALUES = [1, -2, 3, 0.1, 0, 0.2, -0.3, 0, 2, 2, 0, -0.1];

describe("gives the weights that tf.layers' constraint gives:", () => {
  test.each<[string, () => Constraint]>([
    ["nonNeg", () => tfl.constraints.nonNeg()],
    ["unitNorm", () => tfl.constraints.unitNorm({ axis: 0 })],
    ["unitNorm over the last axis", () => tfl.constraints.unitNorm({ axis: 2 })],
    ["maxNorm", () => tfl.constraints.maxNorm({ maxValue: 1.5, axis: 1 })],
    ["maxNorm over two axes", () => tfl.constraints.maxNorm({ maxValue: 2, axis: [0, 1] as never })],
    ["minMaxNorm", () => tfl.constraints.minMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.7, axis: 0 })],
  ])("%s", (_name, make) => {
    const constraint = make();
    const [{ constraint: described }] = constraintsOf(weightsWith(constraint));
    const actual = Float32Array.from(VALUES);
    apply(actual, SHAPE, described);
    const expected = [...constraint.apply(tf.tensor(VALUES, [...SHAPE])).dataSync()];
    // tfjs sums and divides in float32
    expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, 6));
    expect([...actual]).not.toEqual([...Float32Array.from(VALUES)]);
  });
});

test("holds for every version after the first, and leaves what an update did not touch", () => {
  const layout = createLayout([
    { name: "discriminator/a", shape: [2] },
    { name: "generator/b", shape: [2] },
  ]);
  const constrain = createConstrain(
    layout,
    layout.slots.map(({ name }) => ({ weight: name, constraint: { kind: "nonNegative" } })),
  );
  const weights = new Weights(Float32Array.of(1, -1, 1, -1), 0, constrain);
  const draft = weights.draft();
  draft[0] = -3; // the discriminator's round
  weights.commit(draft);
  expect([...weights.current]).toEqual([0, 0, 1, -1]);
});

test("of one's own making are refused, naming the weight and what there is", () => {
  class Sparse extends (Object.getPrototypeOf(tfl.constraints.nonNeg().constructor) as {
    new (): Constraint;
  }) {
    static readonly className = "Sparse";
    override apply = (w: tf.Tensor): tf.Tensor => w;
  }
  expect(() => constraintsOf(weightsWith(new Sparse()))).toThrow(
    "weight discriminator/00-conv1d/kernel has the constraint Sparse: use maxNorm, minMaxNorm, nonNeg or unitNorm",
  );
});
