// The `graph` engine: a program lowered to ONNX and run by ONNX Runtime.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { Program } from "../../../shared/program/program.ts";
import type { Buffers, Engine, Executable } from "../engine.ts";
import type { DeviceName } from "../engine-choice.ts";
import { inputName, lowerProgram, outputName } from "./lower/lower.ts";
import { CPU, GPU, type Tuning } from "./lower/convolution/tuning.ts";
import { encodeModel } from "./onnx.ts";
import { openOnnxModel } from "./onnx-model.ts";
import { type OnnxRuntime, loadOnnxRuntime, version } from "./onnxruntime.ts";
import { providersFor, refusal } from "./providers.ts";
import { keepResident } from "./resident.ts";

/** One intra-op thread a session and one session a core: measured faster than sharing, and its bits never depend on timing. */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  // Planning one block for all values at once took 60 % more memory (seed-gan: 840 MB for 520) and was no faster.
  enableMemPattern: false,
  logSeverityLevel: 4,
};

export interface GraphEngineOptions {
  readonly device?: DeviceName;
  /** By default what suits the device. */
  readonly tuning?: Tuning;
}

/**
 * `hardware` decides the bits besides the library: the instruction set, or the GPU.
 *
 * @throws GanglionError ENGINE where the device's part of ONNX Runtime is missing
 */
export function createGraphEngine(
  hardware: string,
  { device = "cpu", tuning = device === "cpu" ? CPU : GPU }: GraphEngineOptions = {},
): Engine {
  const ort = loadOnnxRuntime(device);
  return {
    name: "graph",
    device: device === "cpu" ? device : `${device} (${hardware})`,
    numerics: `onnxruntime ${version}, ${hardware}`,
    prepare: (program, buffers) => prepare(ort, { device, tuning }, program, buffers),
    openModel: (model) => openOnnxModel(ort, device, SESSION_OPTIONS, model),
  };
}

async function prepare(
  ort: OnnxRuntime,
  { device, tuning }: Required<GraphEngineOptions>,
  program: Program,
  buffers: Buffers,
): Promise<Executable> {
  const graph = lowerProgram(program, tuning);
  const options = {
    ...SESSION_OPTIONS,
    executionProviders: providersFor(device, graph),
    // An arena keeps what it once took. Without one a run of `samples` takes up to twice as long: page faults.
    enableCpuMemArena: buffers.isOccasional !== true,
  };
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(encodeModel(graph), options);
  } catch (cause) {
    throw refusal(device, cause);
  }
  // A program may not use all its inputs; ONNX Runtime drops those, and refuses values for them.
  const used = program.inputs.filter(({ name }) => session.inputNames.includes(inputName(name)));
  const bind = binder(ort, program);
  const stays = ({ name }: { readonly name: string }): boolean =>
    device === "webgpu" && (buffers.steady ?? []).includes(name); // the binding knows no other device's tensors
  const feeds = bind(
    used.filter((port) => !stays(port)),
    buffers.inputs,
    inputName,
  );
  const steady = bind(used.filter(stays), buffers.inputs, inputName);
  const resident = Object.keys(steady).length > 0 ? await keepResident(ort, steady, options) : null;
  const fetches = bind(program.outputs, buffers.outputs, outputName);
  return {
    async run() {
      try {
        await session.run({ ...feeds, ...(await resident?.current()) }, fetches);
      } catch (cause) {
        throw new GanglionError("ENGINE", `ONNX Runtime failed: ${messageOf(cause)}`, { cause });
      }
    },
    ...(resident && { refresh: () => resident.refresh() }),
    async dispose() {
      await resident?.dispose();
      await session.release();
    },
  };
}

/** Makes tensors over the caller's arrays, by ONNX name: ONNX Runtime reads and writes them in place. */
function binder(
  ort: OnnxRuntime,
  { values }: Program,
): (
  ports: Program["inputs"],
  arrays: Buffers["inputs"],
  onnxName: (port: string) => string,
) => Record<string, Tensor> {
  return (ports, arrays, onnxName) => {
    const entries = ports.map(({ name, value }): [string, Tensor] => {
      const { shape } = values[value];
      const array = arrays[name];
      if (!array) throw new GanglionError("ENGINE", `the program's port ${name} has no buffer`);
      const tensor =
        array instanceof Int32Array
          ? new ort.Tensor("int32", array, shape)
          : new ort.Tensor("float32", array, shape);
      return [onnxName(name), tensor];
    });
    return Object.fromEntries(entries);
  };
}
