// The `graph` engine: a program lowered to ONNX and run by ONNX Runtime.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { Program } from "../../../shared/program/program.ts";
import type { Buffers, Engine, Executable } from "../engine.ts";
import type { DeviceName } from "../engine-choice.ts";
import { LOWERING_VERSION, inputName, lowerProgram, outputName } from "./lower/lower.ts";
import { CPU, GPU, type Tuning } from "./lower/convolution/tuning.ts";
import { type OnnxGraph, encodeModel } from "./onnx.ts";
import { openOnnxModel } from "./onnx-model.ts";
import { type OnnxRuntime, loadOnnxRuntime, version } from "./onnxruntime.ts";
import { type CreateSession, OptimizedGraphs } from "./optimized-graphs.ts";
import { providersFor, refusal } from "./providers.ts";
import { copiesOf } from "./prefix/copies.ts";
import { ON_DEVICE, ON_HOST, type PrefixCosts } from "./prefix/cost.ts";
import { holdValues } from "./prefix/held-values.ts";
import { splitGraph } from "./prefix/split.ts";

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

/** Nodes of a graph that takes a tenth of a second to optimize. */
const LARGE = 500;

export interface GraphEngineOptions {
  readonly device?: DeviceName;
  /** By default what suits the device. */
  readonly tuning?: Tuning;
  /** What decides which values are kept from run to run; by default those of the device. */
  readonly costs?: PrefixCosts;
  /** Where optimized graphs are kept, on a CPU; null for nowhere. */
  readonly cache?: string | null;
}

/**
 * `hardware` decides the bits besides the library: the instruction set, or the GPU.
 *
 * @throws GanglionError ENGINE where the device's part of ONNX Runtime is missing
 */
export function createGraphEngine(
  hardware: string,
  {
    device = "cpu",
    tuning = device === "cpu" ? CPU : GPU,
    costs = device === "webgpu" ? ON_DEVICE : ON_HOST,
    cache = null,
  }: GraphEngineOptions = {},
): Engine {
  const ort = loadOnnxRuntime(device);
  const numerics = `onnxruntime ${version}, lowering ${LOWERING_VERSION}, ${hardware}`;
  const graphs = cache === null || device !== "cpu" ? null : new OptimizedGraphs(cache, numerics);
  const decided = new Map<string, unknown>();
  return {
    name: "graph",
    device: device === "cpu" ? device : `${device} (${hardware})`,
    numerics,
    prepare: (program, buffers) => prepare(ort, { device, tuning, costs, decided, graphs }, program, buffers),
    openModel: (model) => openOnnxModel(ort, device, SESSION_OPTIONS, model),
  };
}

interface Preparing extends Required<Omit<GraphEngineOptions, "cache">> {
  readonly graphs: OptimizedGraphs | null;
  /** What was decided while other programs were lowered. */
  readonly decided: Map<string, unknown>;
}

async function prepare(
  ort: OnnxRuntime,
  { device, tuning, costs, decided, graphs }: Preparing,
  program: Program,
  buffers: Buffers,
): Promise<Executable> {
  const steady = (buffers.steady ?? []).map((names) => names.map(inputName));
  const graph = lowerProgram(program, tuning, decided);
  // The binding knows no tensors on CUDA: what is held would travel there at every run.
  const holdsNothing = device === "cuda" || (device === "cpu" && buffers.isOccasional === true);
  const { prefixes, main } = splitGraph(graph, holdsNothing ? [] : steady, costs);
  const open = async (part: OnnxGraph, more?: InferenceSession.SessionOptions): Promise<InferenceSession> => {
    const options = {
      ...SESSION_OPTIONS,
      executionProviders: providersFor(device, part),
      // An arena keeps what it once took. Without one a run of `samples` takes up to twice as long: page faults.
      enableCpuMemArena: buffers.isOccasional !== true,
      ...more,
    };
    const create: CreateSession = (model, own) => ort.InferenceSession.create(model, own);
    const model = encodeModel(part);
    try {
      // A small graph is optimized before a file is found.
      return graphs && part.nodes.length >= LARGE
        ? await graphs.open(create, model, options)
        : await create(model, options);
    } catch (cause) {
      throw refusal(device, cause);
    }
  };
  const session = await open(main);
  // A program may not use all its inputs; ONNX Runtime drops those, and refuses values for them.
  const onDevice = device === "webgpu" ? copiesOf(main, steady, session.inputNames) : [];
  const ahead = [...prefixes, ...onDevice];
  const usedBy = (names: readonly string[]): Record<string, Tensor> => {
    const ports = program.inputs.filter(({ name }) => names.includes(inputName(name)));
    return bind(ort, program, ports, buffers.inputs, inputName);
  };
  const stays = onDevice.flatMap(({ inputs }) => inputs.map(({ name }) => name));
  const feeds = usedBy(session.inputNames.filter((name) => !stays.includes(name)));
  const held = await holdValues(ort, ahead, {
    inputs: usedBy(ahead.flatMap(({ inputs }) => inputs.map(({ name }) => name))),
    open,
    place: device === "webgpu" ? "device" : "host",
  });
  const fetches = bind(ort, program, program.outputs, buffers.outputs, outputName);
  return {
    async run() {
      try {
        await session.run({ ...feeds, ...(await held.current()) }, fetches);
      } catch (cause) {
        throw new GanglionError("ENGINE", `ONNX Runtime failed: ${messageOf(cause)}`, { cause });
      }
    },
    refresh: (changed) => held.refresh(changed && new Set([...changed].map(inputName))),
    async dispose() {
      await held.dispose();
      await session.release();
    },
  };
}

/** Tensors over the caller's arrays, by ONNX name: ONNX Runtime reads and writes them in place. */
function bind(
  ort: OnnxRuntime,
  { values }: Program,
  ports: Program["inputs"],
  arrays: Buffers["inputs"],
  onnxName: (port: string) => string,
): Record<string, Tensor> {
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
}
