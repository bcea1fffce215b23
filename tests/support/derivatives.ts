// First and second derivatives of a traced function, against finite differences in float64.
import { sizeOf } from "../../shared/program/program.ts";
import { type TraceContext, traceProgram } from "../../coordinator/compiler/trace/trace.ts";
import { type Tensorflow, tensorflow } from "../../coordinator/compiler/models/users/model-context.ts";
import { stream } from "../../shared/random/random.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { float64Tensorflow } from "./float64.ts";
import { execute } from "./oracle.ts";
import { relativeError } from "./relative-error.ts";

type Tensor = ReturnType<Tensorflow["add"]>;
/** The function, written with the tfjs that it is given: the traced one, or the one in float64. */
export type Differentiable = (tf: Tensorflow, ...inputs: Tensor[]) => Tensor;

export interface DerivativeCase {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly f: Differentiable;
  /** The same in other words, where tfjs's CPU backend has f wrong. */
  readonly oracle?: Differentiable;
  /** Where the oracle itself is less exact. */
  readonly tolerance?: number;
  /** Least and greatest value of the inputs; [-2, 2] where absent. */
  readonly range?: readonly [number, number];
}

const { tf: float64 } = float64Tensorflow();

/**
 * Relative errors of y, ∇L and (∇²L) v by engine, for L = Σ p (y + y²/2) of y = f(x) and fixed random p and v. The
 * square makes dL/dy depend on x, so that the gradient of every gradient kernel counts, of linear functions too.
 */
export async function compareDerivatives(
  engines: readonly Engine[],
  { inputs, f, oracle = f, range = [-2, 2] }: DerivativeCase,
): Promise<Readonly<Record<string, number>>> {
  const sizes = inputs.map(sizeOf);
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const x = distinctValues(count, range);
  const direction = normals("direction", count);
  const cut = (flat: Float32Array): Float32Array[] => cutBySizes(flat, sizes);
  const program = await traceProgram((context) => derivatives(context, inputs, f, cut(direction)));
  const given = Object.fromEntries(cut(x).map((part, i) => [`x${i}`, part]));

  const loss = (at: Float64Array): number =>
    valueInFloat64(inputs, oracle, cutBySizes(at, sizes), projected)[0];
  const expected = {
    value: Float32Array.from(valueInFloat64(inputs, oracle, cut(x))),
    gradient: differences(loss, x),
    second: mixedDifferences(loss, x, direction),
  };
  const errors: Record<string, number> = {};
  for (const engine of engines) {
    const outputs = await execute(engine, program, given);
    const joined = (name: string): Float32Array =>
      Float32Array.from(inputs.flatMap((_, i) => [...outputs[`${name}${i}`]]));
    errors[`value on ${engine.name}`] = relativeError(outputs["value"], expected.value);
    for (const name of ["gradient", "second"] as const)
      errors[`${name} on ${engine.name}`] = relativeError(joined(name), expected[name]);
  }
  return errors;
}

function derivatives(
  context: TraceContext,
  shapes: readonly (readonly number[])[],
  f: Differentiable,
  direction: readonly Float32Array[],
): Record<string, Tensor> {
  const tf = tensorflow();
  const sources = shapes.map((shape, i) => context.input(`x${i}`, shape));
  const y = f(tf, ...sources);
  const loss = projected(tf, y);
  const gradient = context.gradients(loss, sources);
  const along = gradient.map((part, i) => tf.sum(tf.mul(part, tf.tensor(direction[i], [...shapes[i]]))));
  const second = context.gradients(tf.addN(along), sources);
  const named = (name: string, parts: Tensor[]): [string, Tensor][] =>
    parts.map((part, i) => [`${name}${i}`, part]);
  return { value: y, ...Object.fromEntries([...named("gradient", gradient), ...named("second", second)]) };
}

/** Σ p (y + y²/2) */
function projected(tf: Tensorflow, y: Tensor): Tensor {
  const p = tf.tensor([...normals("projection", y.size)], y.shape);
  return tf.sum(tf.mul(p, tf.add(y, tf.div(tf.mul(y, y), 2))));
}

function valueInFloat64(
  shapes: readonly (readonly number[])[],
  f: Differentiable,
  x: readonly (Float32Array | Float64Array)[],
  of: (tf: Tensorflow, y: Tensor) => Tensor = (_, y) => y,
): ArrayLike<number> {
  return float64.tidy(() => {
    const tensors = x.map((part, i) => float64.tensor([...part], [...shapes[i]]));
    return of(float64, f(float64, ...tensors)).dataSync();
  });
}

/** ∂L/∂xᵢ by central differences; two steps make the error O(h⁴) (Richardson), about 1e-11 here. */
function differences(loss: (x: Float64Array) => number, x: Float32Array): Float32Array {
  const central = (i: number, h: number): number =>
    (loss(moved(x, [[i, h]])) - loss(moved(x, [[i, -h]]))) / (2 * h);
  return x.map((_, i) => extrapolated((h) => central(i, h)));
}

/** (∂²L/∂x² v)ᵢ by mixed central differences along xᵢ and v, likewise. */
function mixedDifferences(loss: (x: Float64Array) => number, x: Float32Array, v: Float32Array): Float32Array {
  const mixed = (i: number, h: number): number => {
    const at = (a: number, b: number): number =>
      loss(moved(moved(x, [...v.entries()].map(([j, part]) => [j, b * part])), [[i, a]])); // prettier-ignore
    return (at(h, h) - at(h, -h) - at(-h, h) + at(-h, -h)) / (4 * h * h);
  };
  return x.map((_, i) => extrapolated((h) => mixed(i, h)));
}

function extrapolated(difference: (h: number) => number): number {
  const h = 1e-3;
  return (4 * difference(h) - difference(2 * h)) / 3;
}

function moved(x: Float32Array | Float64Array, by: readonly (readonly [number, number])[]): Float64Array {
  const copy = Float64Array.from(x);
  for (const [i, step] of by) copy[i] += step;
  return copy;
}

/** Evenly spaced and shuffled: no two so near each other, nor so near the middle, that a difference could cross a kink. */
function distinctValues(count: number, [least, most]: readonly [number, number]): Float32Array {
  const order = Array.from({ length: count }, (_, i) => i);
  const random = stream(3, "order");
  const keys = new Float32Array(count);
  random.fillUniform(keys);
  order.sort((a, b) => keys[a] - keys[b]);
  return Float32Array.from(order, (rank) => least + ((most - least) * (rank + 0.27)) / count);
}

function normals(name: string, count: number): Float32Array {
  const array = new Float32Array(count);
  stream(4, name).fillNormal(array);
  return array;
}

function cutBySizes<T extends Float32Array | Float64Array>(flat: T, sizes: readonly number[]): T[] {
  let offset = 0;
  return sizes.map((size) => flat.slice(offset, (offset += size)) as T);
}
