// Calls that tfjs-node lacks, or computes otherwise than tfjs does: tfjs's CPU backend executes them, between two copies.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
import type { Call, Program } from "../../../shared/program/program.ts";
import { TENSORFLOW_BACKEND } from "./native.ts";

const CPU_BACKEND = "cpu";

/** What moves or chooses values, whatever their type, as tfjs does. */
const OF_ANY_TYPE: ReadonlySet<string> = new Set([
  "BroadcastTo",
  "Cast",
  "Concat",
  "ExpandDims",
  "LogicalAnd",
  "LogicalNot",
  "LogicalOr",
  "OneHot",
  "Pack",
  "PadV2",
  "Reshape",
  "Reverse",
  "Select",
  "Slice",
  "Tile",
  "Transpose",
]);

/**
 * Whether a call is left to the CPU backend. libtensorflow has no arithmetic for many pairs of an op and int32 or
 * bool, and rounds, divides by zero or indexes out of range in its own way; such tensors are labels and indices, and
 * small. Gradients of embeddings too: ids out of range are an error there, and nothing in tfjs.
 */
export function isCpuCall({ kernel, inputs, attributes }: Call, { values }: Program): boolean {
  if (!tf.getKernel(kernel, CPU_BACKEND)) return false;
  if (!tf.getKernel(kernel, TENSORFLOW_BACKEND)) return true;
  if (kernel === "UnsortedSegmentSum") return true;
  if (kernel === "GatherV2" && Number(attributes["axis"]) < 0) return true; // counted from the end: NaN there
  const whole = Object.values(inputs).every((value) => values[value].dtype !== "float32");
  return whole && !OF_ANY_TYPE.has(kernel);
}

/** Runs the call on copies; the results are tensors of the current backend, owned by the caller. */
export function runCpuCall(call: Call, tensors: ReadonlyMap<number, tf.Tensor>): tf.Tensor[] {
  const backend = tf.findBackend(CPU_BACKEND) as CpuBackend;
  const infos: tf.TensorInfo[] = [];
  const inputs = Object.entries(call.inputs).map(([name, value]): [string, tf.TensorInfo] => {
    const tensor = tensors.get(value)!;
    const info = backend.makeTensorInfo(tensor.shape, tensor.dtype, tensor.dataSync());
    infos.push(info);
    return [name, info];
  });
  const isList = inputs.every(([name], i) => name === String(i));
  const results = tf.getKernel(call.kernel, CPU_BACKEND).kernelFunc({
    inputs: (isList ? inputs.map(([, info]) => info) : Object.fromEntries(inputs)) as tf.NamedTensorInfoMap,
    attrs: call.attributes as tf.NamedAttrMap,
    backend,
  });
  const outputs = Array.isArray(results) ? results : [results];
  const copies = outputs.map(({ dataId, shape, dtype }) =>
    tf.tensor(backend.readSync(dataId) as tf.TypedArray, shape, dtype),
  );
  for (const { dataId } of [...outputs, ...infos]) backend.disposeData(dataId);
  return copies;
}

interface CpuBackend extends tf.KernelBackend {
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.BackendValues): tf.TensorInfo;
}
