// A program is a traced phase as data: typed inputs and outputs, constants, and a list of tfjs kernel calls.
import { createHash } from "node:crypto";
import { GanglionError, messageOf } from "../errors.ts";

export type DataType = "float32" | "int32" | "bool";
export type Attribute = number | string | boolean | null | readonly Attribute[];
export type ConstantData = Float32Array | Int32Array | Uint8Array;

/** Values are numbered; `values[id]` says what value `id` is. */
export interface ValueSpec {
  readonly shape: readonly number[];
  readonly dtype: DataType;
}

export interface Port {
  readonly name: string;
  readonly value: number;
}

/** Of independent values: [0, 1), standard, or standard within two deviations. */
export type Distribution = "uniform" | "normal" | "truncated normal";

export interface InputPort extends Port {
  /** The executor's caller fills it with random numbers (`fillRandomInputs`). */
  readonly random?: Distribution;
}

/** A value known when the program is made. Uniform ones keep one element, whatever the shape. */
export interface Constant {
  readonly value: number;
  readonly data: ConstantData;
}

/** One tfjs kernel call. Inputs named "0", "1", … are the elements of one list (Concat, AddN, Pack). */
export interface Call {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, number>>;
  readonly attributes: Readonly<Record<string, Attribute>>;
  readonly outputs: readonly number[];
  /** The layer or objective that made the call, for error messages. */
  readonly origin: string;
}

/** Calls stand in an order in which every input is made before it is used. */
export interface Program {
  readonly values: readonly ValueSpec[];
  readonly inputs: readonly InputPort[];
  readonly constants: readonly Constant[];
  readonly calls: readonly Call[];
  readonly outputs: readonly Port[];
}

const FORMAT = 1;

/** Header length (u32 LE), JSON header, constants back to back (little-endian). */
export function encodeProgram(program: Program): Uint8Array {
  const constants = program.constants.map(({ value, data }) => ({ value, bytes: data.byteLength }));
  const { values, inputs, calls, outputs } = program;
  const header = Buffer.from(
    JSON.stringify({ format: FORMAT, values, inputs, constants, calls, outputs }, tagNonFinite),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const bodies = program.constants.map(({ data }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength),
  );
  return new Uint8Array(Buffer.concat([length, header, ...bodies]));
}

/** The inverse of `encodeProgram`; throws GanglionError PROTOCOL for bytes that are no program. */
export function decodeProgram(bytes: Uint8Array): Program {
  try {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = 4 + buffer.readUInt32LE(0);
    const header = JSON.parse(buffer.toString("utf8", 4, end), untagNonFinite) as EncodedProgram;
    if (header.format !== FORMAT)
      throw new Error(`its format is ${header.format}, this version reads ${FORMAT}`);
    let offset = end;
    const constants = header.constants.map(({ value, bytes: size }) => {
      const data = constantData(header.values[value].dtype, buffer.subarray(offset, offset + size), size);
      offset += size;
      return { value, data };
    });
    if (offset !== buffer.length) throw new Error(`${buffer.length} bytes where ${offset} are declared`);
    const { values, inputs, calls, outputs } = header;
    return { values, inputs, constants, calls, outputs };
  } catch (cause) {
    throw new GanglionError("PROTOCOL", `this is not a program: ${messageOf(cause)}`, { cause });
  }
}

/** SHA-256 hex of the encoded program: equal hashes are equal steps. */
export function programHash(encoded: Uint8Array): string {
  return createHash("sha256").update(encoded).digest("hex");
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/** A zeroed array for each of a program's inputs, or outputs. */
export function arraysFor({ values }: Program, ports: readonly Port[]): Record<string, Float32Array> {
  return Object.fromEntries(
    ports.map(({ name, value }) => [name, new Float32Array(sizeOf(values[value].shape))]),
  );
}

/** A tfjs data type, if it may be part of a step; throws GanglionError TRACE otherwise. */
export function plainType(dtype: string): DataType {
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new GanglionError("TRACE", `a ${dtype} tensor cannot be part of a step: use float32, int32 or bool`);
}

/** True when one stored element stands for the whole shape. */
export function isUniform(constant: Constant, spec: ValueSpec): boolean {
  return constant.data.length === 1 && sizeOf(spec.shape) !== 1;
}

interface EncodedProgram extends Omit<Program, "constants"> {
  readonly format: number;
  readonly constants: readonly { readonly value: number; readonly bytes: number }[];
}

function constantData(dtype: DataType, from: Uint8Array, size: number): ConstantData {
  if (from.byteLength !== size) throw new Error("a constant is cut off");
  const copy = new Uint8Array(from).buffer; // aligned
  switch (dtype) {
    case "float32":
      return new Float32Array(copy);
    case "int32":
      return new Int32Array(copy);
    case "bool":
      return new Uint8Array(copy);
    default:
      return dtype satisfies never;
  }
}

// JSON has no NaN and no infinities; clipping to [0, ∞) is legitimate, so they travel tagged.
function tagNonFinite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? { nonFinite: String(value) } : value;
}

function untagNonFinite(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("nonFinite" in value)) return value;
  return Number(value.nonFinite);
}
