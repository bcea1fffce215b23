// Makes updated weights satisfy their layers' constraints (Keras's), slot by slot of the flat vector.
import type { Constraint, WeightConstraint } from "../compiler/models/constraints.ts";
import { type Layout, type Slot, viewOf } from "../../shared/protocol/layout.ts";

/** Keras's: keeps a norm of zero from being divided by. */
const EPSILON = 1e-7;

/** Changes a draft [P] in place, where it differs from the weights that it was made from. */
export type Constrain = (draft: Float32Array, before: Float32Array) => void;

/** Weights that an update did not change keep their bits: they are of networks that the phase does not train. */
export function createConstrain(layout: Layout, constraints: readonly WeightConstraint[]): Constrain {
  const slots = new Map(layout.slots.map((slot) => [slot.name, slot]));
  const constrained = constraints.map(({ weight, constraint }) => ({ slot: slots.get(weight)!, constraint }));
  return (draft, before) => {
    for (const { slot, constraint } of constrained) {
      const weights = viewOf(draft, slot);
      const old = viewOf(before, slot);
      if (weights.some((value, i) => !Object.is(value, old[i]))) apply(weights, slot.shape, constraint);
    }
  };
}

/** In place; double precision inside, rounded once. */
export function apply(weights: Float32Array, shape: Slot["shape"], constraint: Constraint): void {
  switch (constraint.kind) {
    case "nonNegative":
      for (let i = 0; i < weights.length; i++) if (weights[i] < 0) weights[i] = 0;
      return;
    case "clip": {
      const { most } = constraint;
      for (let i = 0; i < weights.length; i++) weights[i] = Math.min(most, Math.max(-most, weights[i]));
      return;
    }
    case "unitNorm":
      return scaleVectors(weights, shape, constraint.axes, () => 1);
    case "maxNorm":
      return scaleVectors(weights, shape, constraint.axes, (norm) => Math.min(norm, constraint.most));
    case "minMaxNorm": {
      const { least, most, rate } = constraint;
      const desired = (norm: number): number =>
        rate * Math.min(Math.max(norm, least), most) + (1 - rate) * norm;
      return scaleVectors(weights, shape, constraint.axes, desired);
    }
    default:
      constraint satisfies never;
  }
}

/** Gives each vector along `axes` the norm desired for the one it has. */
function scaleVectors(
  weights: Float32Array,
  shape: readonly number[],
  axes: readonly number[],
  desired: (norm: number) => number,
): void {
  const vectorOf = vectorNumbers(shape, axes);
  const squares = new Float64Array(weights.length);
  for (let i = 0; i < weights.length; i++) squares[vectorOf(i)] += weights[i] * weights[i];
  for (let i = 0; i < weights.length; i++) {
    const norm = Math.sqrt(squares[vectorOf(i)]);
    weights[i] *= desired(norm) / (EPSILON + norm);
  }
}

/** From an element's place in the flat weights to the number of its vector: its place on the other axes. */
function vectorNumbers(shape: readonly number[], axes: readonly number[]): (i: number) => number {
  const along = new Set(axes.map((axis) => (axis < 0 ? axis + shape.length : axis)));
  const strides: { readonly size: number; readonly stride: number; readonly counts: number }[] = [];
  let stride = 1;
  let counts = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis];
    if (!along.has(axis)) {
      strides.push({ size, stride, counts });
      counts *= size;
    }
    stride *= size;
  }
  return (i) =>
    strides.reduce((sum, axis) => sum + (Math.floor(i / axis.stride) % axis.size) * axis.counts, 0);
}
