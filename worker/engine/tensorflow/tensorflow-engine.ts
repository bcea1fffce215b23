// The `tensorflow` engine: replays a program on libtensorflow, through the kernels of @tensorflow/tfjs-node-gpu.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { Program } from "../../../shared/program/program.ts";
import type { Buffers, Engine, Executable } from "../engine.ts";
import { bufferOf, constantTensor, readOutputs, runCall } from "../kernel-call.ts";
import { isCpuCall, runCpuCall } from "./cpu-kernels.ts";
import { withoutExplicitPadding } from "./explicit-padding.ts";
import {
  type Installation,
  type TensorflowDevice,
  findTensorflow,
  tensorflowFolder,
} from "./installation.ts";
import { deathsOf } from "./liveness.ts";
import { TENSORFLOW_BACKEND, loadTensorflow, prepareEnvironment } from "./native.ts";

/**
 * Nothing native is loaded before a program is prepared, so that the main thread of a node never does.
 *
 * @throws GanglionError ENGINE where libtensorflow is not provisioned
 */
export function createTensorflowEngine(hardware: string, device: TensorflowDevice): Engine {
  const installation = findTensorflow(tensorflowFolder(), device);
  prepareEnvironment(device);
  return {
    name: "tensorflow",
    device,
    numerics: `libtensorflow ${installation.tensorflow}, ${hardware}`,
    prepare: (program, buffers) => prepare(program, buffers, installation, device),
  };
}

async function prepare(
  traced: Program,
  buffers: Buffers,
  installation: Installation,
  device: TensorflowDevice,
): Promise<Executable> {
  const binding = loadTensorflow(installation);
  await tf.setBackend(TENSORFLOW_BACKEND);
  if (binding.isUsingGpuDevice() !== (device === "cuda")) throw wrongDevice(device);
  const program = withoutExplicitPadding(traced);
  refuseUnknownKernels(program);
  const constants = new Map(
    program.constants.map((constant) => [constant.value, tf.keep(constantTensor(program, constant))]),
  );
  const deaths = deathsOf(program);
  const onCpu = program.calls.map((call) => isCpuCall(call, program));
  return {
    async run() {
      if (tf.getBackend() !== TENSORFLOW_BACKEND) await tf.setBackend(TENSORFLOW_BACKEND);
      tf.tidy(() => replay({ program, constants, deaths, onCpu }, buffers));
    },
    dispose() {
      for (const tensor of constants.values()) tensor.dispose();
      return Promise.resolve();
    },
  };
}

interface Ready {
  readonly program: Program;
  readonly constants: ReadonlyMap<number, tf.Tensor>;
  /** Of each call: the values to free after it, and whether the CPU backend runs it. */
  readonly deaths: readonly (readonly number[])[];
  readonly onCpu: readonly boolean[];
}

/** Runs the calls in order; every value is freed after its last use. */
function replay({ program, constants, deaths, onCpu }: Ready, buffers: Buffers): void {
  const tensors = new Map(constants);
  for (const { name, value } of program.inputs) {
    const { shape, dtype } = program.values[value];
    tensors.set(value, tf.tensor(bufferOf(buffers.inputs, name), [...shape], dtype));
  }
  for (const [i, call] of program.calls.entries()) {
    let results: tf.Tensor[];
    try {
      results = onCpu[i] ? runCpuCall(call, tensors) : runCall(call, tensors);
    } catch (cause) {
      throw new GanglionError(
        "ENGINE",
        `libtensorflow failed in kernel ${call.kernel}${call.origin && ` of ${call.origin}`}: ${messageOf(cause)}`,
        { cause },
      );
    }
    call.outputs.forEach((output, at) => tensors.set(output, results[at]));
    for (const value of deaths[i]) {
      tensors.get(value)!.dispose();
      tensors.delete(value);
    }
  }
  readOutputs(program, tensors, buffers.outputs);
}

function refuseUnknownKernels(program: Program): void {
  const missing = program.calls.find(
    (call) => !tf.getKernel(call.kernel, TENSORFLOW_BACKEND) && !isCpuCall(call, program),
  );
  if (!missing) return;
  const { kernel, origin } = missing;
  throw new GanglionError(
    "UNSUPPORTED_KERNEL",
    `engine tensorflow has no kernel ${kernel}${origin && `, used by ${origin}`}: --engine graph or reference may have it`,
  );
}

function wrongDevice(device: TensorflowDevice): GanglionError {
  return new GanglionError(
    "ENGINE",
    device === "cuda"
      ? "libtensorflow finds no GPU: it needs NVIDIA's driver and a libtensorflow with CUDA (ganglion setup tensorflow --device cuda --force)"
      : "libtensorflow computes on a GPU although --device cpu was asked for: set CUDA_VISIBLE_DEVICES=-1, or give --device cuda",
  );
}
