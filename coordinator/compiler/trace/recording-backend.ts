// A tfjs backend that computes nothing: it notes the kernels that run and hands out symbolic tensors.
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu"; // its registry says which kernels exist
import { GanglionError } from "../../../shared/errors.ts";
import { COMPOSED } from "./composed-kernels.ts";
import {
  type Attribute,
  type Call,
  type Constant,
  type ConstantData,
  type DataType,
  type ValueSpec,
  plainType,
  sizeOf,
} from "../../../shared/program/program.ts";
import { REFUSED } from "./refused-kernels.ts";
import { type Attributes, SHAPES } from "../../../shared/program/shapes.ts";

export const RECORDING_BACKEND = "ganglion-recording";

/** The scope that tfjs is in while a trace runs its body: no op. */
export const TRACE_SCOPE = "trace";

/** Ops whose values come from a host generator: baked in, they would repeat the same noise for ever. */
export const RANDOM_OPS: ReadonlySet<string> = new Set([
  "randomUniform",
  "randomNormal",
  "randomStandardNormal",
  "randomGamma",
  "truncatedNormal",
  "randomUniformInt",
  "multinomial",
]);

/** Of a value that `tf.customGrad` made from `inputs`. */
export interface CustomGradient {
  readonly inputs: readonly number[];
  /** What dy sends back to each input. */
  readonly partials: (dy: tf.Tensor) => readonly tf.Tensor[];
}

/** What has been recorded since `start`, and where the recording stands (op and layer names, for errors). */
export class Recording {
  readonly values: ValueSpec[] = [];
  readonly constants: Constant[] = [];
  readonly calls: Call[] = [];
  readonly ops: string[] = [];
  readonly layers: string[] = [];
  /** Gradients that override those of the recorded calls, by the value that they belong to. */
  readonly customGradients = new Map<number, CustomGradient>();
  /** Thrown by the first asynchronous read of a value that there is not, and not told yet. */
  misread: unknown = null;
  /** Told of each variable that the step computes with and that is no input of it, when its value is a constant already. */
  readonly onVariable: (variable: tf.Variable) => void;

  constructor(onVariable?: (variable: tf.Variable) => void) {
    this.onVariable =
      onVariable ??
      (({ name, shape }) => {
        throw new GanglionError(
          "TRACE",
          `${this.place} computes with the variable ${name} of shape [${shape.join(", ")}], which is no weight of a network, so it would never change: make it a layer's with this.addWeight(…) in build(), or, if it is to stay as it is, compute with tf.tensor(variable.dataSync(), variable.shape), made outside of the step`,
        );
      });
  }

  get origin(): string {
    return this.layers.join("/");
  }

  /** E.g. `op randomNormal in layer dropout_1`. */
  get place(): string {
    const op = this.ops.findLast((name) => name !== "" && name !== TRACE_SCOPE) ?? "this code";
    return this.layers.length > 0 ? `${op} in ${this.origin}` : op;
  }

  addValue(spec: ValueSpec): number {
    return this.values.push(spec) - 1;
  }
}

/** What a data id stands for: a value of one recording; constants keep their numbers, so they outlive it. */
interface Entry {
  readonly recording: Recording;
  readonly value: number;
  readonly constant: { readonly data: ConstantData; readonly spec: ValueSpec } | null;
}

/** The backend itself lives as long as the process; what it records lives in the recording. */
export class RecordingBackend extends tf.KernelBackend {
  #recording: Recording | null = null;
  readonly #storage = new tf.DataStorage<Entry>(this, tf.engine());

  start(recording: Recording): void {
    this.#recording = recording;
  }

  stop(): void {
    this.#recording = null;
  }

  get isRecording(): boolean {
    return this.#recording !== null;
  }

  get recording(): Recording {
    if (!this.#recording)
      throw new GanglionError("TRACE", "a traced tensor was used after its trace had ended");
    return this.#recording;
  }

  /** The number of a tensor's value in the recording; a tensor of another backend becomes a constant. */
  numberOf(tensor: tf.TensorInfo): number {
    const entry = this.#storage.get(tensor.dataId); // moves the values of another backend here
    if (entry.recording === this.recording) return entry.value;
    if (!entry.constant)
      throw new GanglionError(
        "TRACE",
        `${this.recording.place} computes with a tensor that was kept from an earlier run of this code (a tensor of an earlier trace), and a step keeps nothing but weights: compute it anew in every call, or make it in the constructor or in build()`,
      );
    const { data, spec } = entry.constant;
    return this.#addStranger(tensor.dataId, data, spec);
  }

  /** A fresh tensor for a recorded value: its earlier tensors may have been disposed by tidy. */
  tensorOf(value: number): tf.Tensor {
    return tf.engine().makeTensorFromTensorInfo(this.#info(value));
  }

  addInput(spec: ValueSpec): tf.Tensor {
    return this.tensorOf(this.recording.addValue(spec));
  }

  /** Notes a call; the tensors stand for its outputs. */
  record(
    kernel: string,
    inputs: tf.NamedTensorInfoMap,
    attributes: Attributes,
  ): tf.TensorInfo | tf.TensorInfo[] {
    const present = Object.entries(inputs).filter(([, tensor]) => tensor !== undefined && tensor !== null);
    const numbers = Object.fromEntries(present.map(([name, tensor]) => [name, this.numberOf(tensor!)]));
    const specs = Object.fromEntries(present.map(([name, tensor]) => [name, specOf(tensor!)]));
    const inferred = [SHAPES.get(kernel)!(specs, attributes)].flat();
    for (const { shape } of inferred) {
      if (shape.every((size) => Number.isInteger(size) && size >= 0)) continue;
      const given = Object.values(specs).map((spec) => `[${spec.shape.join(", ")}]`);
      throw new RangeError(
        `${kernel} of ${given.join(" and ")} would make a tensor of shape [${shape.join(", ")}]`,
      );
    }
    const outputs = inferred.map((spec) => this.recording.addValue(spec));
    this.recording.calls.push({
      kernel,
      inputs: numbers,
      attributes: plainAttributes(attributes),
      outputs,
      origin: this.recording.origin,
    });
    const tensors = outputs.map((output) => this.#info(output));
    return tensors.length === 1 ? tensors[0] : tensors;
  }

  constant(data: ConstantData, spec: ValueSpec): tf.TensorInfo {
    const dataId = {};
    this.#addConstant(dataId, data, spec);
    return { dataId, shape: [...spec.shape], dtype: spec.dtype };
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    this.move(dataId, values, shape, dtype);
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    const random = this.recording.ops.find((op) => RANDOM_OPS.has(op));
    if (random !== undefined) {
      throw new GanglionError(
        "TRACE",
        `${this.recording.place}: ${random} inside a step would repeat the same values in every step: call tf.randomUniform, tf.randomNormal, tf.truncatedNormal or tf.dropout, of the context's tf, which draw anew in every step`,
      );
    }
    const spec = { shape: [...shape], dtype: plainType(dtype) };
    this.#addStranger(dataId, compact(typed(values, spec.dtype)), spec);
  }

  override readSync(dataId: object): tf.BackendValues {
    const { constant } = this.#storage.get(dataId);
    if (constant) return expanded(constant.data, constant.spec);
    throw new GanglionError(
      "TRACE",
      `${this.recording.place} reads a value (dataSync, arraySync, data) while the step is traced, when it has none yet: compute with tensor ops only`,
    );
  }

  /**
   * A value that the step has not yet never comes, and `checkReads` tells it: a promise that failed would end the process
   * where the code does not wait for it (`loss.data().then(…)`), and be swallowed where it does.
   */
  override read(dataId: object): Promise<tf.BackendValues> {
    try {
      return Promise.resolve(this.readSync(dataId));
    } catch (cause) {
      this.recording.misread ??= cause;
      return new Promise(() => undefined);
    }
  }

  /** Throws what is wrong with the first asynchronous read of the recording. */
  checkReads(): void {
    if (this.recording.misread !== null) throw this.recording.misread;
  }

  // Values live as long as the recording: nothing to count, nothing to free.
  override numDataIds = (): number => this.#storage.numDataIds();
  override refCount = (): number => 1;
  override incRef = (): void => {};
  decRef = (): void => {};
  override disposeData = (): boolean => false;
  override floatPrecision = (): 32 => 32;
  override epsilon = (): number => 1e-7;
  override memory = (): { unreliable: boolean } => ({ unreliable: true });
  override timerAvailable = (): boolean => false;

  #info(value: number): tf.TensorInfo {
    const { shape, dtype } = this.recording.values[value];
    const dataId = {};
    this.#storage.set(dataId, { recording: this.recording, value, constant: null });
    return { dataId, shape: [...shape], dtype };
  }

  /** A constant that was a tensor before; it may be a variable's. */
  #addStranger(dataId: object, data: ConstantData, spec: ValueSpec): number {
    const value = this.#addConstant(dataId, data, spec);
    const variable = variableOf(dataId);
    if (variable) this.recording.onVariable(variable);
    return value;
  }

  #addConstant(dataId: object, data: ConstantData, spec: ValueSpec): number {
    const value = this.recording.addValue(spec);
    this.recording.constants.push({ value, data });
    this.#storage.set(dataId, { recording: this.recording, value, constant: { data, spec } });
    return value;
  }
}

/** The recording backend of this process, registered with tfjs at the first call. */
export function recordingBackend(): RecordingBackend {
  if (tf.findBackend(RECORDING_BACKEND) === null) {
    tf.registerBackend(RECORDING_BACKEND, () => new RecordingBackend(), 0);
    for (const { kernelName } of tf.getKernelsForBackend("cpu")) registerRecordedKernel(kernelName);
  }
  return tf.findBackend(RECORDING_BACKEND) as RecordingBackend;
}

/** The backend that is tracing a step just now, if one is. */
export function activeRecorder(): RecordingBackend | null {
  if (tf.getBackend() !== RECORDING_BACKEND) return null;
  const backend = tf.backend() as RecordingBackend;
  return backend.isRecording ? backend : null;
}

function registerRecordedKernel(kernelName: string): void {
  tf.registerKernel({
    kernelName,
    backendName: RECORDING_BACKEND,
    kernelFunc: ({ inputs, attrs, backend }) => {
      const recorder = backend as RecordingBackend;
      const attributes = (attrs ?? {}) as Attributes;
      const composed = COMPOSED.get(kernelName);
      if (composed) return anew(composed(inputs, attributes, recorder));
      if (SHAPES.has(kernelName)) return recorder.record(kernelName, inputs, attributes);
      throw new GanglionError(
        "UNSUPPORTED_KERNEL",
        `kernel ${kernelName}, called by ${recorder.recording.place}, cannot be part of a step: ${REFUSED.get(kernelName) ?? "it is unknown to this version"}`,
      );
    },
  });
}

/** Never the tensor that came in: tfjs's own tape would take a kernel for its own input, and add its gradient twice. */
function anew(outputs: tf.TensorInfo | tf.TensorInfo[]): tf.TensorInfo | tf.TensorInfo[] {
  const copy = ({ dataId, shape, dtype }: tf.TensorInfo): tf.TensorInfo => ({ dataId, shape, dtype });
  return Array.isArray(outputs) ? outputs.map(copy) : copy(outputs);
}

/** The variable whose value a data id is, if there is one. */
function variableOf(dataId: object): tf.Variable | null {
  const variables = Object.values(tf.engine().registeredVariables);
  return variables.find((variable) => variable.dataId === dataId) ?? null;
}

export function specOf(tensor: tf.TensorInfo): ValueSpec {
  return { shape: [...tensor.shape], dtype: plainType(tensor.dtype) };
}

function typed(values: tf.BackendValues, dtype: DataType): ConstantData {
  const numbers = values as ArrayLike<number>;
  switch (dtype) {
    case "float32":
      return Float32Array.from(numbers);
    case "int32":
      return Int32Array.from(numbers);
    case "bool":
      return Uint8Array.from(numbers);
    default:
      return dtype satisfies never;
  }
}

/** One element where all are the same bits. */
function compact(data: ConstantData): ConstantData {
  const uniform = data.length > 1 && data.every((value) => Object.is(value, data[0]));
  return uniform ? data.slice(0, 1) : data;
}

function expanded(data: ConstantData, spec: ValueSpec): ConstantData {
  const size = sizeOf(spec.shape);
  return data.length === size
    ? data
    : typed(
        Float32Array.from({ length: size }, () => data[0]),
        spec.dtype,
      );
}

function plainAttributes(attributes: Attributes): Record<string, Attribute> {
  const plain: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) plain[name] = structuredClone(value) as Attribute;
  }
  return plain;
}
