// ONNX models as protobuf: the few messages and fields of onnx.proto that a lowered program needs.
import { PbfWriter } from "pbf";

/** TensorProto.DataType. */
export const ONNX_TYPE = { float32: 1, uint8: 2, int32: 6, int64: 7, bool: 9 } as const;
export type OnnxType = keyof typeof ONNX_TYPE;

/** Opset 17 is the newest whose ops all have CPU kernels that take axes the way the lowering writes them. */
export const OPSET = 17;
const IR_VERSION = 8;

export type OnnxAttribute =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number }
  | { readonly string: string };

export interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
  /** The layer that made it. */
  readonly origin?: string;
}

export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  /** Little-endian elements, row-major. */
  readonly data: Uint8Array;
}

export interface OnnxPort {
  readonly name: string;
  readonly type: OnnxType;
  /** A name stands for a dimension that is free, the same wherever the name is the same. */
  readonly shape: readonly (number | string)[];
  /** For people: what it means. */
  readonly doc?: string;
}

/** What a model says of itself. */
export interface OnnxDescription {
  readonly doc: string;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  /** Names of nodes that are not to be computed to fewer digits than float32 has. */
  readonly exact: ReadonlySet<string>;
  readonly initializers: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** Serializes a ModelProto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); numbers are its field tags. */
export function encodeModel(graph: OnnxGraph, description?: OnnxDescription): Uint8Array {
  const pbf = new PbfWriter();
  pbf.writeVarintField(1, IR_VERSION);
  pbf.writeStringField(2, "ganglion");
  if (description) pbf.writeStringField(6, description.doc);
  pbf.writeMessage(7, writeGraph, graph);
  pbf.writeMessage(8, writeOpset, OPSET);
  for (const entry of Object.entries(description?.metadata ?? {})) pbf.writeMessage(14, writeEntry, entry);
  return pbf.finish();
}

function writeEntry([key, value]: readonly [string, string], pbf: PbfWriter): void {
  pbf.writeStringField(1, key);
  pbf.writeStringField(2, value);
}

function writeOpset(version: number, pbf: PbfWriter): void {
  pbf.writeStringField(1, "");
  pbf.writeVarintField(2, version);
}

function writeGraph(graph: OnnxGraph, pbf: PbfWriter): void {
  for (const node of graph.nodes) pbf.writeMessage(1, writeNode, node);
  pbf.writeStringField(2, "program");
  for (const tensor of graph.initializers) pbf.writeMessage(5, writeTensor, tensor);
  for (const input of graph.inputs) pbf.writeMessage(11, writePort, input);
  for (const output of graph.outputs) pbf.writeMessage(12, writePort, output);
}

function writeNode(node: OnnxNode, pbf: PbfWriter): void {
  for (const input of node.inputs) pbf.writeStringField(1, input);
  for (const output of node.outputs) pbf.writeStringField(2, output);
  pbf.writeStringField(3, node.outputs[0]); // its name, which ONNX Runtime's messages and options use
  pbf.writeStringField(4, node.op);
  for (const [name, value] of Object.entries(node.attributes))
    pbf.writeMessage(5, writeAttribute, { name, value });
}

function writeAttribute({ name, value }: { name: string; value: OnnxAttribute }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name);
  if ("float" in value) {
    pbf.writeFloatField(2, value.float);
    pbf.writeVarintField(20, 1);
  } else if ("int" in value) {
    pbf.writeVarintField(3, value.int);
    pbf.writeVarintField(20, 2);
  } else if ("string" in value) {
    pbf.writeBytesField(4, Buffer.from(value.string));
    pbf.writeVarintField(20, 3);
  } else {
    for (const int of value.ints) pbf.writeVarintField(8, int);
    pbf.writeVarintField(20, 7);
  }
}

function writeTensor(tensor: OnnxTensor, pbf: PbfWriter): void {
  for (const dimension of tensor.shape) pbf.writeVarintField(1, dimension);
  pbf.writeVarintField(2, ONNX_TYPE[tensor.type]);
  pbf.writeStringField(8, tensor.name);
  pbf.writeBytesField(9, tensor.data);
}

function writePort(port: OnnxPort, pbf: PbfWriter): void {
  pbf.writeStringField(1, port.name);
  pbf.writeMessage(2, writeType, port);
  if (port.doc !== undefined) pbf.writeStringField(3, port.doc);
}

function writeType(port: OnnxPort, pbf: PbfWriter): void {
  pbf.writeMessage(1, writeTensorType, port);
}

function writeTensorType(port: OnnxPort, pbf: PbfWriter): void {
  pbf.writeVarintField(1, ONNX_TYPE[port.type]);
  pbf.writeMessage(2, writeShape, port.shape);
}

function writeShape(shape: OnnxPort["shape"], pbf: PbfWriter): void {
  for (const dimension of shape) pbf.writeMessage(1, writeDimension, dimension);
}

function writeDimension(dimension: number | string, pbf: PbfWriter): void {
  if (typeof dimension === "number") pbf.writeVarintField(1, dimension);
  else pbf.writeStringField(2, dimension);
}
