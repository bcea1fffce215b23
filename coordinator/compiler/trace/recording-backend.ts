// A tfjs backend that computes nothing: it notes the kernels that run and hands out symbolic tensors.
import * as tf from "@tensorflow/tfjs-core";
import { GanglionError } from "../../../shared/errors.ts";
import {
  type Attribute,
  type ConstantData,
  type ValueSpec,
  plainType,
} from "../../../shared/program/program.ts";
import { compact, expanded } from "./constant-data.ts";
import type { Recording } from "./recording.ts";
import { type Attributes, SHAPES } from "../../../shared/program/shapes.ts";

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

  /** Values that are no variable's: they are new. */
  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = {};
    const { data, spec } = this.#given(values, shape, dtype);
    this.#addConstant(dataId, data, spec);
    return dataId;
  }

  override move(dataId: object, values: tf.BackendValues, shape: number[], dtype: tf.DataType): void {
    const { data, spec } = this.#given(values, shape, dtype);
    this.#addStranger(dataId, data, spec);
  }

  #given(
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
  ): { readonly data: ConstantData; readonly spec: ValueSpec } {
    const random = this.recording.ops.find((op) => RANDOM_OPS.has(op));
    if (random !== undefined) {
      throw new GanglionError(
        "TRACE",
        `${this.recording.place}: ${random} inside a step would repeat the same values in every step: call tf.randomUniform, tf.randomNormal, tf.truncatedNormal or tf.dropout, of the context's tf, which draw anew in every step`,
      );
    }
    const spec = { shape: [...shape], dtype: plainType(dtype) };
    return { data: compact(values, spec.dtype), spec };
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

  /** @throws GanglionError TRACE about the first asynchronous read of a value that there is not yet */
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

/** The variable whose value a data id is, if there is one. */
function variableOf(dataId: object): tf.Variable | null {
  const variables = Object.values(tf.engine().registeredVariables);
  return variables.find((variable) => variable.dataId === dataId) ?? null;
}

export function specOf(tensor: tf.TensorInfo): ValueSpec {
  return { shape: [...tensor.shape], dtype: plainType(tensor.dtype) };
}

function plainAttributes(attributes: Attributes): Record<string, Attribute> {
  const plain: Record<string, Attribute> = {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) plain[name] = copyOf(value as Attribute);
  }
  return plain;
}

/** Lists are the caller's, which may change them. */
function copyOf(value: Attribute): Attribute {
  return Array.isArray(value) ? value.map((element) => copyOf(element as Attribute)) : value;
}
