// Builds an ONNX graph node by node; equal nodes and equal constants are made once.
import type { ValueSpec } from "../../../shared/program/program.ts";
import type { Tuning } from "./lower/convolution/tuning.ts";
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxPort, OnnxTensor, OnnxType } from "./onnx.ts";

export type Attributes = Readonly<
  Record<string, number | string | readonly number[] | { readonly float: number }>
>;

/** Names of ONNX values are handed out by the methods that make them. */
export class GraphBuilder {
  /** For which device the graph is built. */
  readonly tuning: Tuning;
  /** The layer whose nodes are being made. */
  origin = "";
  readonly #nodes = new Map<string, OnnxNode>();
  readonly #initializers = new Map<string, OnnxTensor>();
  /** By the name of the value. */
  readonly #producers = new Map<string, OnnxNode>();
  readonly #constants = new Map<string, OnnxTensor>();
  readonly #inputs: OnnxPort[] = [];
  readonly #outputs: OnnxPort[] = [];
  readonly #exact = new Set<string>();
  readonly #made = new Map<unknown, unknown>();
  readonly #decided: Map<string, unknown>;

  /** `decided` holds what depends on shapes and tuning alone: graphs of one tuning may share it. */
  constructor(tuning: Tuning, decided = new Map<string, unknown>()) {
    this.tuning = tuning;
    this.#decided = decided;
  }

  /** What a lowering decides once for all graphs that share it: by a key that has all it depends on. */
  decide<Decision>(key: string, make: () => Decision): Decision {
    if (!this.#decided.has(key)) this.#decided.set(key, make());
    return this.#decided.get(key) as Decision;
  }

  /** What a lowering decides or makes once a graph: by a key of its own, or by the object that it is made of. */
  once<Made>(key: string | object, make: () => Made): Made {
    if (!this.#made.has(key)) this.#made.set(key, make());
    return this.#made.get(key) as Made;
  }

  /** A node with one output. Integers become int attributes: write `{ float: 1 }` where ONNX wants a float. */
  node(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.nodes(op, inputs, attributes, 1)[0];
  }

  /** A node with several outputs. */
  nodes(op: string, inputs: readonly string[], attributes: Attributes, outputs: number): readonly string[] {
    const key = JSON.stringify([op, inputs, attributes, outputs]);
    let node = this.#nodes.get(key);
    if (!node) {
      const prefix = `${op}_${this.#nodes.size}`;
      const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? prefix : `${prefix}_${i}`));
      const typed = Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, attribute(value)]),
      );
      node = { op, inputs, outputs: names, attributes: typed, origin: this.origin };
      this.#nodes.set(key, node);
      for (const output of names) this.#producers.set(output, node);
    }
    return node.outputs;
  }

  /** A node on whose last digits others build: no device may compute it to fewer. */
  exact(op: string, inputs: readonly string[]): string {
    const name = this.node(op, inputs);
    this.#exact.add(name);
    return name;
  }

  /** A 1-D int64 constant: axes, shapes, pads. */
  ints(values: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.tensor("int64", [values.length], data);
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    return this.tensor("float32", [], new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A constant from little-endian bytes. */
  tensor(type: OnnxType, shape: readonly number[], data: Uint8Array): string {
    const key = `${type} ${shape.join("x")} ${Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")}`;
    let tensor = this.#initializers.get(key);
    if (!tensor) {
      tensor = { name: `constant_${this.#initializers.size}`, type, shape, data };
      this.#initializers.set(key, tensor);
      this.#constants.set(tensor.name, tensor);
    }
    return tensor.name;
  }

  /** The node that makes a value; none for inputs and constants. */
  producerOf(name: string): OnnxNode | undefined {
    return this.#producers.get(name);
  }

  /** The number that a scalar constant holds; none for any other value. */
  scalarOf(name: string): number | undefined {
    const tensor = this.#constants.get(name);
    if (tensor?.type !== "float32" || tensor.data.byteLength !== 4) return undefined;
    return new DataView(tensor.data.buffer, tensor.data.byteOffset).getFloat32(0, true);
  }

  input(name: string, spec: ValueSpec): string {
    this.#inputs.push({ name, type: spec.dtype, shape: spec.shape });
    return name;
  }

  output(name: string, value: string, spec: ValueSpec): void {
    this.#nodes.set(`output ${name}`, { op: "Identity", inputs: [value], outputs: [name], attributes: {} });
    this.#outputs.push({ name, type: spec.dtype, shape: spec.shape });
  }

  reshape(value: string, shape: readonly number[]): string {
    // ONNX reads 0 as "keep this dimension": allowzero makes an empty tensor mean what it says.
    return this.node("Reshape", [value, this.ints(shape)], shape.includes(0) ? { allowzero: 1 } : {});
  }

  transpose(value: string, permutation: readonly number[]): string {
    return permutation.every((axis, i) => axis === i)
      ? value
      : this.node("Transpose", [value], { perm: permutation });
  }

  /** Elements `starts … ends - 1` of each axis, every `steps`-th. */
  slice(
    value: string,
    axes: readonly number[],
    starts: readonly number[],
    ends: readonly number[],
    steps: readonly number[],
  ): string {
    return this.node("Slice", [value, this.ints(starts), this.ints(ends), this.ints(axes), this.ints(steps)]);
  }

  /** What the outputs need; a lowering may have replaced nodes made before it. */
  graph(): OnnxGraph {
    const needed = new Set(this.#outputs.map(({ name }) => name));
    const nodes: OnnxNode[] = [];
    for (const node of [...this.#nodes.values()].toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      nodes.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    const initializers = [...this.#initializers.values()].filter(({ name }) => needed.has(name));
    return {
      nodes: nodes.toReversed(),
      exact: this.#exact,
      initializers,
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }
}

function attribute(value: Attributes[string]): OnnxAttribute {
  if (typeof value === "string") return { string: value };
  if (typeof value === "number") return { int: value };
  return "float" in value ? { float: value.float } : { ints: value };
}
