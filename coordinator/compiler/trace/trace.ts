// Traces a function of tensors once, symbolically, into a program.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { useCpuBackend } from "../../../shared/program/cpu-backend.ts";
import { gradients } from "../gradients/gradient.ts";
import { optimizeProgram } from "../../../shared/program/optimize.ts";
import type { DataType, InputPort, Port, Program } from "../../../shared/program/program.ts";
import { type DrawInput, redirectRandomOps } from "./random-ops.ts";
import { RECORDING_BACKEND, recordingBackend } from "./recorder.ts";
import type { RecordingBackend } from "./recording-backend.ts";
import { TRACE_SCOPE, Recording } from "./recording.ts";
import { guardStep } from "./step-guard.ts";

export interface TraceContext {
  /** A new input of the program. */
  readonly input: (name: string, shape: readonly number[], dtype?: DataType) => tf.Tensor;
  /** Gradients of a scalar, part of the trace themselves (so penalties on gradients can be traced too). */
  readonly gradients: (loss: tf.Tensor, sources: readonly tf.Tensor[]) => tf.Tensor[];
  /** Runs `fn` outside of the trace, on the CPU backend: what it makes has values. */
  readonly eagerly: <T>(fn: () => T) => T;
}

/**
 * Runs `body` on the recording backend and returns what it recorded as an optimized program, with one output for
 * each named tensor that `body` returns. No arithmetic happens: tracing costs milliseconds whatever the batch.
 * Random ops become inputs `random/0`, `random/1`, … with their distribution; inputs that no output needs are left out.
 * Afterwards tfjs's current backend is the CPU one.
 *
 * @throws GanglionError TRACE where the body reads values or bakes random numbers in, UNSUPPORTED_KERNEL naming the kernel
 */
export async function traceProgram(
  body: (context: TraceContext) => Readonly<Record<string, tf.Tensor>>,
): Promise<Program> {
  return optimizeProgram(await recordProgram(body));
}

/**
 * The same, not optimized: what was recorded, call by call. A variable that is computed with and no input is refused,
 * or given to `onVariable`.
 */
export async function recordProgram(
  body: (context: TraceContext) => Readonly<Record<string, tf.Tensor>>,
  onVariable?: (variable: tf.Variable) => void,
): Promise<Program> {
  const backend = recordingBackend();
  const recording = new Recording(onVariable);
  const inputs: InputPort[] = [];
  const context: TraceContext = {
    input(name, shape, dtype = "float32") {
      const tensor = backend.addInput({ shape: [...shape], dtype });
      inputs.push({ name, value: backend.numberOf(tensor) });
      return tensor;
    },
    gradients: (loss, sources) => gradients(backend, loss, sources),
    eagerly(fn) {
      restoreRandomOps();
      void tf.setBackend("cpu"); // both are there already: it takes effect at once
      try {
        return fn();
      } finally {
        void tf.setBackend(RECORDING_BACKEND);
        restoreRandomOps = redirectRandomOps(draw);
      }
    },
  };

  await useCpuBackend();
  await tf.setBackend(RECORDING_BACKEND);
  let draws = 0;
  const draw: DrawInput = (random, shape) => {
    const tensor = backend.addInput({ shape: [...shape], dtype: "float32" });
    inputs.push({ name: `random/${draws++}`, value: backend.numberOf(tensor), random });
    return tensor;
  };
  let restoreRandomOps = redirectRandomOps(draw);
  const restoreNames = nameOpsAndLayers(recording);
  const liftGuard = guardStep(recording);
  backend.start(recording);
  try {
    const outputs = namedOutputs(backend, body, context);
    const { values, constants, calls } = recording;
    return { values, inputs, constants, calls, outputs };
  } finally {
    backend.stop();
    liftGuard();
    restoreNames();
    restoreRandomOps();
    await useCpuBackend();
  }
}

function namedOutputs(
  backend: RecordingBackend,
  body: (context: TraceContext) => Readonly<Record<string, tf.Tensor>>,
  context: TraceContext,
): Port[] {
  const ports: Port[] = [];
  tf.engine().startScope(TRACE_SCOPE);
  try {
    for (const [name, tensor] of Object.entries(body(context)))
      ports.push({ name, value: backend.numberOf(tensor) });
    backend.checkReads();
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    const layer = backend.recording.origin;
    throw new GanglionError(
      "MODEL",
      `the step cannot be traced${layer && ` in ${layer}`}: ${messageOf(cause)}`,
      { cause },
    );
  } finally {
    tf.engine().endScope();
  }
  return ports;
}

/** Keeps the recording's stacks of running ops and layers: tfjs tells scopes, layers announce themselves in `apply`. */
function nameOpsAndLayers(recording: Recording): () => void {
  const engine = tf.engine();
  const startScope = engine.startScope.bind(engine);
  const endScope = engine.endScope.bind(engine);
  engine.startScope = (name) => {
    recording.ops.push((name ?? "").replace(/__op$/, ""));
    startScope(name);
  };
  engine.endScope = (result) => {
    recording.ops.pop();
    endScope(result);
  };
  const prototype = tfl.layers.Layer.prototype;
  // oxlint-disable-next-line typescript/unbound-method -- called below with the layer it belongs to
  const apply = prototype.apply;
  prototype.apply = function (this: tfl.layers.Layer, ...parameters: Parameters<typeof apply>) {
    recording.layers.push(this.name);
    const result = apply.apply(this, parameters);
    recording.layers.pop(); // not on a throw: the error then still knows its layer
    return result;
  };
  return () => {
    Reflect.deleteProperty(engine, "startScope"); // the class's own shows again
    Reflect.deleteProperty(engine, "endScope");
    prototype.apply = apply;
  };
}
