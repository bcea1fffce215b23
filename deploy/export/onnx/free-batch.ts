// One graph for any number of images N, from two graphs that were made for two numbers of images.
import { GanglionError } from "../../../shared/errors.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import type { OnnxGraph, OnnxNode, OnnxTensor } from "../../../worker/engine/graph/onnx.ts";
import { type BatchNumber, type TwoBatches, batchNumberOf } from "./batch-numbers.ts";
import { type GraphWriter, intsOf } from "./graph-writer.ts";

/** The same program, lowered for another number of images. Both may be one and the same: then N is fixed. */
export interface TwoGraphs {
  readonly small: OnnxGraph;
  readonly large: OnnxGraph;
  readonly batches: TwoBatches;
}

/** Values that are there already: what stands for an input of the graphs, by its name. */
export type Given = ReadonlyMap<string, string>;

/**
 * Walks both graphs at once, from `output` backwards, and writes what they have in common. Where two numbers of a shape
 * are in proportion to the numbers of images, the graph computes them from `batch`, the name of N as int64 [1].
 *
 * @returns the name of the output's value
 * @throws GanglionError EXPORT that names the layer in which the graphs differ in any other way
 */
export function writeFreeBatch(
  writer: GraphWriter,
  graphs: TwoGraphs,
  output: string,
  { given, batch }: { readonly given: Given; readonly batch: () => string },
): string {
  const { batches } = graphs;
  const [small, large] = [indexed(graphs.small), indexed(graphs.large)];
  const written = new Map<string, string>();

  function value(few: string, many: string, user: OnnxNode | null): string {
    const key = `${few} ${many}`;
    const known = written.get(key) ?? (few === many ? given.get(few) : undefined);
    if (known !== undefined) return known;
    const nodes = [small.makers.get(few), large.makers.get(many)] as const;
    const [fewNode, manyNode] = nodes;
    if (fewNode && manyNode) {
      const outputs = node(fewNode, manyNode);
      outputs.forEach((name, i) => written.set(`${fewNode.outputs[i]} ${manyNode.outputs[i]}`, name));
      return written.get(key)!;
    }
    const [fewTensor, manyTensor] = [small.tensors.get(few), large.tensors.get(many)];
    if (!fewTensor || !manyTensor) throw differs(user ?? fewNode, "in what it computes with");
    const result = constant(fewTensor, manyTensor, user);
    written.set(key, result);
    return result;
  }

  function node(few: OnnxNode, many: OnnxNode): readonly string[] {
    if (few.op === "Identity" && many.op === "Identity") return [value(few.inputs[0], many.inputs[0], few)];
    if (few.op !== many.op || few.inputs.length !== many.inputs.length || few.outputs.length !== many.outputs.length)
      throw differs(few, `in its operators (${few.op} and ${many.op})`);
    if (JSON.stringify(few.attributes) !== JSON.stringify(many.attributes))
      throw differs(few, `in the attributes of ${few.op}`);
    const inputs = few.inputs.map((input, i) =>
      few.op === "Reshape" && i === 1 ? shape(few, many) : value(input, many.inputs[i], few),
    );
    return writer.nodes({ op: few.op, inputs, attributes: few.attributes, ...(few.origin && { origin: few.origin }) }, few.outputs.length);
  } // prettier-ignore

  /** The target of a reshape: with one free dimension, ONNX computes that one itself. */
  function shape(few: OnnxNode, many: OnnxNode): string {
    const [target, other] = [small, large].map(({ tensors }, i) => intsOf(tensors.get([few, many][i].inputs[1])));
    const numbers = target && other && numbersOf(target, other, batches);
    const free = numbers?.filter(({ kind }) => kind === "proportional").length;
    if (numbers && free === 1 && !target.includes(0))
      return writer.ints(numbers.map((number) => (number.kind === "fixed" ? number.value : -1)));
    return value(few.inputs[1], many.inputs[1], few);
  } // prettier-ignore

  function constant(few: OnnxTensor, many: OnnxTensor, user: OnnxNode | null): string {
    if (few.type === many.type && few.shape.join() === many.shape.join() && sameBytes(few.data, many.data)) {
      const ints = intsOf(few);
      return ints && few.shape.length === 1 ? writer.ints(ints) : writer.constant({ ...few, name: `${few.name}/${few.type}` });
    }
    const ints = few.shape.length === 1 ? numbersOf(intsOf(few) ?? [], intsOf(many) ?? [], batches) : null;
    if (ints && ints.length > 0) return computed(ints);
    const factor = scalarFactor(few, many, batches);
    if (factor !== null) return scaled(factor);
    throw differs(user, "in a constant that is neither fixed nor in proportion to the number of images");
  } // prettier-ignore

  /** N · numerators / denominators + constants, elementwise. */
  function computed(numbers: readonly BatchNumber[]): string {
    const part = (fixed: (value: number) => number, free: (number: Proportional) => number): string =>
      writer.ints(numbers.map((number) => (number.kind === "fixed" ? fixed(number.value) : free(number))));
    let result = writer.node("Mul", [batch(), part(() => 0, ({ numerator }) => numerator)]);
    if (numbers.some((number) => number.kind === "proportional" && number.denominator !== 1))
      result = writer.node("Div", [result, part(() => 1, ({ denominator }) => denominator)]);
    if (numbers.some((number) => number.kind === "fixed" && number.value !== 0))
      result = writer.node("Add", [result, part((kept) => kept, () => 0)]);
    return result;
  } // prettier-ignore

  /** A float32 scalar: N · factor, or factor / N. */
  function scaled({ factor, op }: ScalarFactor): string {
    const images = writer.node("Cast", [batch()], { to: { int: 1 } }); // [1]
    const scalar = writer.node("Reshape", [images, writer.ints([])]);
    return writer.node(op, [writer.scalar(factor), scalar]);
  }

  return value(output, output, null);
}

type Proportional = Extract<BatchNumber, { kind: "proportional" }>;

interface ScalarFactor {
  readonly factor: number;
  readonly op: "Mul" | "Div";
}

function scalarFactor(few: OnnxTensor, many: OnnxTensor, { small, large }: TwoBatches): ScalarFactor | null {
  const isScalar = ({ type, shape }: OnnxTensor): boolean =>
    type === "float32" && sizeOf(shape) === 1 && shape.length === 0;
  if (!isScalar(few) || !isScalar(many)) return null;
  const [a, b] = [few, many].map(({ data }) => new Float32Array(new Uint8Array(data).buffer)[0]);
  const near = (x: number, y: number): boolean => Math.abs(x - y) <= 2 ** -22 * Math.abs(x); // two roundings
  if (near(a * large, b * small)) return { factor: a / small, op: "Mul" };
  return near(a * small, b * large) ? { factor: a * small, op: "Div" } : null;
}

function numbersOf(
  few: readonly number[],
  many: readonly number[],
  batches: TwoBatches,
): readonly BatchNumber[] | null {
  if (few.length !== many.length) return null;
  const numbers = few.map((number, i) => batchNumberOf([number, many[i]], batches));
  return numbers.every((number) => number !== null) ? numbers : null;
}

interface IndexedGraph {
  readonly makers: ReadonlyMap<string, OnnxNode>;
  readonly tensors: ReadonlyMap<string, OnnxTensor>;
}

function indexed({ nodes, initializers }: OnnxGraph): IndexedGraph {
  return {
    makers: new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const))),
    tensors: new Map(initializers.map((tensor) => [tensor.name, tensor])),
  };
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}

function differs(node: OnnxNode | null | undefined, how: string): GanglionError {
  const layer = node?.origin ? `layer ${node.origin}` : "the network";
  return new GanglionError(
    "MODEL",
    `${layer} depends on the number of images ${how}, which no graph with a free batch can say: export for a fixed number of images with --batch N`,
  );
}
