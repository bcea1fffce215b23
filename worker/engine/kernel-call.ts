// A program's calls and values, as tfjs's current backend takes them.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../shared/errors.ts";
import { type Call, type Constant, type Program, isUniform } from "../../shared/program/program.ts";
import type { Buffers } from "./engine.ts";

/** Runs one kernel on the current backend; the caller owns the results. */
export function runCall(call: Call, tensors: ReadonlyMap<number, tf.Tensor>): tf.Tensor[] {
  const named = Object.entries(call.inputs).map(([name, value]): [string, tf.Tensor] => [
    name,
    tensors.get(value)!,
  ]);
  const isList = named.every(([name], i) => name === String(i));
  const inputs = isList ? named.map(([, tensor]) => tensor) : Object.fromEntries(named);
  const result = tf
    .engine()
    .runKernel(call.kernel, inputs as tf.NamedTensorMap, call.attributes as tf.NamedAttrMap);
  return Array.isArray(result) ? result : [result];
}

/** A constant in full: uniform ones are stored as one element. */
export function constantTensor({ values }: Program, constant: Constant): tf.Tensor {
  const { shape, dtype } = values[constant.value];
  return isUniform(constant, { shape, dtype })
    ? tf.tidy(() => tf.cast(tf.fill([...shape], constant.data[0]), dtype))
    : tf.tensor(constant.data.slice(), [...shape], dtype);
}

/** @throws GanglionError ENGINE when the caller gave no array for the port */
export function bufferOf<T>(arrays: Readonly<Record<string, T>>, port: string): T {
  const array = arrays[port];
  if (array === undefined) throw new GanglionError("ENGINE", `the program's port ${port} has no buffer`);
  return array;
}

/** Writes the values of a program's outputs to the caller's arrays. */
export function readOutputs(
  program: Program,
  tensors: ReadonlyMap<number, tf.Tensor>,
  outputs: Buffers["outputs"],
): void {
  for (const { name, value } of program.outputs) bufferOf(outputs, name).set(tensors.get(value)!.dataSync());
}
