// The `reference` engine: replays a program call by call on tfjs's CPU backend. Slow, simple, for checking.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../shared/errors.ts";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import { type Call, type DataType, type Program, isUniform } from "../../shared/program/program.ts";
import type { Buffers, Engine, Executable } from "./engine.ts";

export function createReferenceEngine(): Engine {
  return {
    name: "reference",
    device: "cpu",
    arithmetic: `tfjs ${tf.version_core}, JavaScript`,
    prepare: (program, buffers) => Promise.resolve(prepare(program, buffers)),
  };
}

function prepare(program: Program, buffers: Buffers): Executable {
  return {
    async run() {
      await useCpuBackend();
      tf.tidy(() => replay(program, buffers));
    },
    dispose: () => Promise.resolve(),
  };
}

function replay(program: Program, buffers: Buffers): void {
  const tensors = new Map<number, tf.Tensor>();
  for (const { name, value } of program.inputs) {
    const { shape, dtype } = program.values[value];
    tensors.set(value, tf.tensor(buffers.inputs[name].slice(), [...shape], dtype));
  }
  for (const constant of program.constants) {
    const { shape, dtype } = program.values[constant.value];
    const [first] = constant.data;
    const spread = isUniform(constant, { shape, dtype });
    tensors.set(
      constant.value,
      spread ? uniform(shape, first, dtype) : tf.tensor(constant.data.slice(), [...shape], dtype),
    );
  }
  for (const call of program.calls) {
    const results = runCall(call, tensors);
    call.outputs.forEach((output, i) => tensors.set(output, results[i]));
  }
  for (const { name, value } of program.outputs) {
    const target = buffers.outputs[name];
    if (!target) throw new GanglionError("ENGINE", `the program's port ${name} has no buffer`);
    target.set(tensors.get(value)!.dataSync());
  }
}

function uniform(shape: readonly number[], value: number, dtype: DataType): tf.Tensor {
  return tf.cast(tf.fill([...shape], value), dtype);
}

function runCall(call: Call, tensors: ReadonlyMap<number, tf.Tensor>): tf.Tensor[] {
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
