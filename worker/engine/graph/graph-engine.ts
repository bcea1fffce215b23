// The `graph` engine: a program lowered to ONNX and run by ONNX Runtime.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { Program } from "../../../shared/program/program.ts";
import type { Buffers, Engine, Executable } from "../engine.ts";
import type { DeviceName } from "../open-engine.ts";
import { inputName, lowerProgram, outputName } from "./lower/lower.ts";
import { encodeModel } from "./onnx.ts";
import { ort, version } from "./onnxruntime.ts";
import { providersFor, refusal } from "./providers.ts";

/** One intra-op thread a session and one session a core: measured faster than sharing, and its bits never depend on timing. */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  logSeverityLevel: 4,
};

/** `hardware` decides the bits beside the library: the instruction set, or the GPU. */
export function createGraphEngine(hardware: string, device: DeviceName = "cpu"): Engine {
  return {
    name: "graph",
    device: device === "cpu" ? device : `${device} (${hardware})`,
    arithmetic: `onnxruntime ${version}, ${hardware}`,
    prepare: (program, buffers) => prepare(program, buffers, device),
  };
}

async function prepare(program: Program, buffers: Buffers, device: DeviceName): Promise<Executable> {
  const graph = lowerProgram(program);
  let session: InferenceSession;
  try {
    session = await ort.InferenceSession.create(encodeModel(graph), {
      ...SESSION_OPTIONS,
      executionProviders: providersFor(device, graph),
    });
  } catch (cause) {
    throw refusal(device, cause);
  }
  // A program may not use all its inputs; ONNX Runtime drops those, and refuses values for them.
  const used = program.inputs.filter(({ name }) => session.inputNames.includes(inputName(name)));
  const feeds = tensors(program, used, buffers.inputs, inputName);
  const fetches = tensors(program, program.outputs, buffers.outputs, outputName);
  return {
    async run() {
      try {
        await session.run(feeds, fetches);
      } catch (cause) {
        throw new GanglionError("ENGINE", `ONNX Runtime failed: ${messageOf(cause)}`, { cause });
      }
    },
    dispose: () => session.release(),
  };
}

/** Tensors over the caller's arrays: ONNX Runtime reads and writes them in place. */
function tensors(
  program: Program,
  ports: Program["inputs"],
  arrays: Buffers["inputs"],
  onnxName: (port: string) => string,
): Record<string, Tensor> {
  const entries = ports.map(({ name, value }): [string, Tensor] => {
    const { shape } = program.values[value];
    const array = arrays[name];
    if (!array) throw new GanglionError("ENGINE", `the program's port ${name} has no buffer`);
    const tensor =
      array instanceof Int32Array
        ? new ort.Tensor("int32", array, shape)
        : new ort.Tensor("float32", array, shape);
    return [onnxName(name), tensor];
  });
  return Object.fromEntries(entries);
}
