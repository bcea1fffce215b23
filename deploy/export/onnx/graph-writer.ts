// Writes the graph of an exported model: nodes named after their layers, and nothing in it that is known beforehand.
import { sizeOf } from "../../../shared/program/program.ts";
import type { OnnxGraph, OnnxNode, OnnxPort, OnnxTensor } from "../../../worker/engine/graph/onnx.ts";

type NewNode = Omit<OnnxNode, "outputs">;

/** Values are known by the names that its methods return. */
export class GraphWriter {
  readonly #nodes: OnnxNode[] = [];
  readonly #makers = new Map<string, OnnxNode>();
  readonly #initializers = new Map<string, OnnxTensor>();
  /** Of a constant that was made from another: that other. */
  readonly #sources = new Map<string, OnnxTensor>();
  readonly #counts = new Map<string, number>();

  /** The names of the node's outputs; reshapes of reshapes and transposes of constants are made at once. */
  nodes(node: NewNode, outputs = 1): readonly string[] {
    const inputs = node.op === "Reshape" ? [this.#beforeReshape(node.inputs[0]), ...node.inputs.slice(1)] : node.inputs;
    const folded = this.#folded({ ...node, inputs });
    if (folded !== null) return [folded];
    const stem = this.#unused([...(node.origin ? [node.origin] : []), node.op].join("/"));
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? stem : `${stem}:${i}`));
    const made: OnnxNode = { ...node, inputs, outputs: names };
    this.#nodes.push(made);
    for (const name of names) this.#makers.set(name, made);
    return names;
  } // prettier-ignore

  node(op: string, inputs: readonly string[], attributes: OnnxNode["attributes"] = {}, origin = ""): string {
    return this.nodes({ op, inputs, attributes, ...(origin && { origin }) })[0];
  }

  /** A constant; of equal names the first stays. */
  constant(tensor: OnnxTensor): string {
    if (!this.#initializers.has(tensor.name)) this.#initializers.set(tensor.name, tensor);
    return tensor.name;
  }

  /** A 1-D int64 constant. */
  ints(values: readonly number[]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.constant({ name: `ints/${values.join(",")}`, type: "int64", shape: [values.length], data });
  }

  /** A float32 scalar. */
  scalar(value: number): string {
    const data = new Uint8Array(Float32Array.of(value).buffer);
    return this.constant({ name: `scalar/${value}`, type: "float32", shape: [], data });
  }

  /** The operator that makes a value; none for inputs and constants. */
  makerOf(name: string): string | undefined {
    return this.#makers.get(name)?.op;
  }

  /** What the outputs need. */
  graph(ports: Pick<OnnxGraph, "inputs" | "outputs">): OnnxGraph {
    const needed = new Set(ports.outputs.map(({ name }) => name));
    const nodes: OnnxNode[] = [];
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((output) => needed.has(output))) continue;
      nodes.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    const initializers = [...this.#initializers.values()].filter(({ name }) => needed.has(name));
    const inputs = ports.inputs.filter(({ name }) => needed.has(name));
    return { nodes: nodes.toReversed(), exact: new Set(), initializers, inputs, outputs: ports.outputs };
  }

  /** Gives a value the name that users know it by. */
  output(port: OnnxPort, value: string): void {
    this.#nodes.push({ op: "Identity", inputs: [value], outputs: [port.name], attributes: {} });
  }

  #beforeReshape(value: string): string {
    const maker = this.#makers.get(value);
    return maker?.op === "Reshape" ? maker.inputs[0] : value;
  }

  #folded({ op, inputs, attributes }: NewNode): string | null {
    const tensor = this.#initializers.get(inputs[0]);
    if (!tensor || tensor.type !== "float32") return null;
    if (op === "Reshape") {
      const shape = intsOf(this.#initializers.get(inputs[1]));
      if (shape === null || sizeOf(shape) !== sizeOf(tensor.shape)) return null;
      const source = this.#sources.get(tensor.name) ?? tensor;
      if (shape.join() === source.shape.join()) return source.name;
      const name = `${source.name} as ${shape.join("x")}`;
      this.#sources.set(name, source);
      return this.constant({ ...source, name, shape });
    }
    const { perm } = attributes;
    if (op !== "Transpose" || !perm || !("ints" in perm)) return null;
    return this.constant(transposed(tensor, perm.ints));
  }

  #unused(stem: string): string {
    const count = (this.#counts.get(stem) ?? 0) + 1;
    this.#counts.set(stem, count);
    return count === 1 ? stem : `${stem}_${count}`;
  }
}

/** The numbers of an int64 constant, or null. */
export function intsOf(tensor: OnnxTensor | undefined): readonly number[] | null {
  if (tensor?.type !== "int64") return null;
  return Array.from(new BigInt64Array(new Uint8Array(tensor.data).buffer), Number);
}

function transposed(tensor: OnnxTensor, order: readonly number[]): OnnxTensor {
  const { shape } = tensor;
  const strides = shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
  const newShape = order.map((axis) => shape[axis]);
  const newStrides = order.map((axis) => strides[axis]);
  const from = new Float32Array(new Uint8Array(tensor.data).buffer);
  const to = new Float32Array(from.length);
  const place = order.map(() => 0);
  for (let i = 0, at = 0; i < to.length; i++) {
    to[i] = from[at];
    for (let axis = order.length - 1; axis >= 0; axis--) {
      at += newStrides[axis];
      if (++place[axis] < newShape[axis]) break;
      at -= newStrides[axis] * newShape[axis];
      place[axis] = 0;
    }
  }
  const name = `${tensor.name} transposed ${order.join(",")}`;
  return { ...tensor, name, shape: newShape, data: new Uint8Array(to.buffer) };
}
