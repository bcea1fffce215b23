// The oracle: what a traced and lowered function gives, against eager tfjs on its CPU backend.
import * as tf from "@tensorflow/tfjs-core";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import { type Program, sizeOf } from "../../shared/program/program.ts";
import { traceProgram } from "../../coordinator/compiler/trace/trace.ts";
import { stream } from "../../shared/random/random.ts";
import { runOnceOn } from "../../worker/run-once.ts";
import type { Engine } from "../../worker/engine/engine.ts";
import { relativeError } from "./relative-error.ts";

export interface OracleCase {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  readonly f: (...tensors: tf.Tensor[]) => tf.Tensor;
  /** The same function in ops that tfjs computes rightly, where it does not compute `f` so. */
  readonly eager?: OracleCase["f"];
  /** Values to draw from, when not the standard normal distribution. */
  readonly values?: "positive" | "unit" | "ties" | readonly number[];
  /**
   * Where the expected gradient comes from, when not from eager tfjs. `false`: there is none. "linear": the function
   * of one input is linear, so the gradient's elements are its values at unit vectors. A function: the same function
   * in ops of which tfjs has the right gradient.
   */
  readonly gradient?: false | "linear" | OracleCase["f"];
}

/** Relative error in the L2 norm, by output: `result`, and `gradient i` for each input. */
export type Errors = Readonly<Record<string, number>>;

/** Runs a case through the tracer and an engine, and eagerly, on the same seeded inputs. */
export async function compareWithOracle(
  engine: Engine,
  { inputs, f, eager: trusted = f, values, gradient }: OracleCase,
): Promise<{ errors: Errors; program: Program }> {
  const data = inputs.map((shape, i) => draw(shape, values, i));
  await useCpuBackend();
  const tensors = data.map((array, i) => tf.tensor(array, [...inputs[i]]));
  const expected: Record<string, Float32Array> = { result: floats(trusted(...tensors)) };
  if (gradient === "linear") {
    expected["gradient 0"] = linearGradient(inputs[0], (x) => loss(f(x)));
  } else if (gradient !== false) {
    const eager = tf.grads((...xs: tf.Tensor[]) => loss((gradient ?? f)(...xs)))(tensors);
    eager.forEach((tensor, i) => (expected[`gradient ${i}`] = floats(tensor)));
  }

  const program = await programOf({ inputs, f, ...(gradient !== undefined && { gradient }) });
  const actual = await execute(
    engine,
    program,
    Object.fromEntries(data.map((array, i) => [String(i), array])),
  );
  const errors = Object.entries(expected).map(
    ([name, array]) => [name, relativeError(actual[name], array)] as const,
  );
  return { errors: Object.fromEntries(errors), program };
}

/** A fixed random projection makes a scalar of the result, so that every element's gradient counts. */
function loss(y: tf.Tensor): tf.Tensor {
  return tf.sum(tf.mul(tf.cast(y, "float32"), tf.tensor(draw(y.shape, undefined, 99), y.shape)));
}

/** The case as a program, with its gradients where it has any. */
export function programOf({
  inputs,
  f,
  gradient,
}: Pick<OracleCase, "inputs" | "f" | "gradient">): Promise<Program> {
  return traceProgram((context) => {
    const sources = inputs.map((shape, i) => context.input(String(i), shape));
    const result = f(...sources);
    const gradients = gradient === false ? [] : context.gradients(loss(result), sources);
    const named = gradients.map((tensor, i): [string, tf.Tensor] => [`gradient ${i}`, tensor]);
    return { result: tf.cast(result, "float32"), ...Object.fromEntries(named) };
  });
}

/** All outputs of a program, run once. */
export const execute = runOnceOn;

function draw(shape: readonly number[], values: OracleCase["values"], index: number): Float32Array {
  const array = new Float32Array(sizeOf(shape));
  const random = stream(1, "oracle", index);
  if (Array.isArray(values)) return array.map((_, i) => (values as number[])[i % values.length]);
  random.fillNormal(array);
  if (values === "positive") return array.map((value) => Math.abs(value) + 0.1);
  if (values === "unit") return array.map((value) => Math.tanh(value) * 0.9);
  if (values === "ties") return array.map((value) => Math.round(value));
  return array;
}

function linearGradient(shape: readonly number[], f: (x: tf.Tensor) => tf.Tensor): Float32Array {
  const origin = f(tf.zeros([...shape])).dataSync()[0];
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const unit = new Float32Array(sizeOf(shape));
    unit[i] = 1;
    return tf.tidy(() => f(tf.tensor(unit, [...shape])).dataSync()[0]) - origin;
  });
}

function floats(tensor: tf.Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync());
}
