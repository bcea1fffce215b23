// The `reference` engine: replays a program call by call on tfjs's CPU backend. Slow, simple, for checking.
import * as tf from "@tensorflow/tfjs-core";
import { useCpuBackend } from "../../shared/program/cpu-backend.ts";
import type { Program } from "../../shared/program/program.ts";
import type { Buffers, Engine, Executable } from "./engine.ts";
import { bufferOf, constantTensor, readOutputs, runCall } from "./kernel-call.ts";

export function createReferenceEngine(): Engine {
  return {
    name: "reference",
    device: "cpu",
    numerics: `tfjs ${tf.version_core}, JavaScript`,
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
    tensors.set(value, tf.tensor(bufferOf(buffers.inputs, name).slice(), [...shape], dtype));
  }
  for (const constant of program.constants) tensors.set(constant.value, constantTensor(program, constant));
  for (const call of program.calls) {
    const results = runCall(call, tensors);
    call.outputs.forEach((output, i) => tensors.set(output, results[i]));
  }
  readOutputs(program, tensors, buffers.outputs);
}
