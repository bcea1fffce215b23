// The form of shape inference, and the small pieces that the families share.
import { backend_util } from "../tfjs-core.ts";
import type { DataType, ValueSpec } from "../program.ts";

export type Specs = Readonly<Record<string, ValueSpec>>;
/** Attributes as tfjs passes them, before they are checked to be plain data. */
export type Attributes = Readonly<Record<string, unknown>>;
/** One spec for each output; a single one need not be in a list. */
export type Infer = (inputs: Specs, attributes: Attributes) => ValueSpec | readonly ValueSpec[];

/** The rules of one family of kernels. */
export type Rules = Readonly<Record<string, Infer>>;

export const sameAs =
  (name: string): Infer =>
  (inputs) =>
    inputs[name];

/** The same rule for many kernels. */
export function rules(kernels: readonly string[], infer: Infer): Rules {
  return Object.fromEntries(kernels.map((kernel) => [kernel, infer]));
}

export function broadcast(a: ValueSpec, b: ValueSpec): number[] {
  return backend_util.assertAndGetBroadcastShape([...a.shape], [...b.shape]);
}

export function reshaped({ dtype }: ValueSpec, shape: readonly number[]): ValueSpec {
  return { shape, dtype };
}

export function retyped({ shape }: ValueSpec, dtype: DataType): ValueSpec {
  return { shape, dtype };
}

/**
 * The axis from the front; a negative one counts from the end.
 *
 * @throws RangeError when there is no such axis
 */
export function wrap(axis: number, rank: number): number {
  if (!(Number.isInteger(axis) && axis >= -rank && axis < rank))
    throw new RangeError(`there is no axis ${axis}: give one from ${-rank} to ${rank - 1}`);
  return axis < 0 ? axis + rank : axis;
}
