// A trained network as an ONNX model that plain ONNX Runtime runs: its ports by name, its weights inside.
import type { NetworkName } from "../../../shared/config/optimizer-config.ts";
import { GanglionError } from "../../../shared/errors.ts";
import { type Layout, viewOf } from "../../../shared/protocol/layout.ts";
import type { InputPort, Program } from "../../../shared/program/program.ts";
import { OPSET, type OnnxPort, encodeModel } from "../../../worker/engine/graph/onnx.ts";
import { GPU } from "../../../worker/engine/graph/lower/convolution/tuning.ts";
import { inputName, lowerProgram, outputName } from "../../../worker/engine/graph/lower/lower.ts";
import { type TwoBatches, batchNumberOf, dimensionText } from "./batch-numbers.ts";
import { type TwoGraphs, writeFreeBatch } from "./free-batch.ts";
import { GraphWriter } from "./graph-writer.ts";

export interface OnnxExport {
  readonly network: NetworkName;
  /** The network's forward pass for so many images. */
  readonly trace: (batch: number) => Promise<Program>;
  readonly layout: Layout;
  /** [P] */
  readonly weights: Float32Array;
  /** 0 without labels. */
  readonly classes: number;
  /** What a class is called, for people. */
  readonly classText: string;
  /** A fixed number of images; without it N is free. */
  readonly batch?: number;
  /** What the scores of a discriminator or classifier mean. */
  readonly scoresText: string;
  /** Where the model comes from. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface OnnxModel {
  readonly bytes: Uint8Array;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/**
 * Two programs tell what depends on the number of images. Multiples of four, so that statistics over groups of two or
 * four images divide them alike.
 */
const BATCHES: TwoBatches = { small: 8, large: 12 };

/** @throws GanglionError MODEL that names the layer where the batch cannot be free, UNSUPPORTED_KERNEL as the engine */
export async function onnxModel(options: OnnxExport): Promise<OnnxModel> {
  const { network, layout, weights, batch: fixed } = options;
  const batches = fixed === undefined ? BATCHES : { small: fixed, large: fixed };
  const programs = [await options.trace(batches.small)];
  programs.push(fixed === undefined ? await options.trace(batches.large) : programs[0]);
  const [small, large] = programs.map((program) => lowerProgram(program, GPU));
  const writer = new GraphWriter();
  const given = new Map<string, string>();
  for (const slot of layout.slots) {
    const data = viewOf(weights, slot);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    given.set(
      inputName(slot.name),
      writer.constant({ name: slot.name, type: "float32", shape: slot.shape, data: bytes }),
    );
  }
  const ports = inputPorts(programs, batches, layout, options);
  for (const { name } of ports) given.set(inputName(name), name);
  const labels = ports.find(({ name }) => name === "labels");
  if (labels) given.set(inputName("labels"), oneHot(writer, options.classes));
  let counted: string | undefined;
  const batch = (): string =>
    (counted ??= writer.node("Shape", [batchSource(ports)], { start: { int: 0 }, end: { int: 1 } }));
  const graphs: TwoGraphs = { small, large, batches };
  const outputs = programs[0].outputs.map(({ name, value }, i): OnnxPort => {
    const result = writeFreeBatch(writer, graphs, outputName(name), { given, batch });
    const shape = shapeOf(programs, [value, programs[1].outputs[i].value], batches);
    const port = {
      name,
      type: "float32" as const,
      shape,
      doc: network === "generator" ? IMAGES : options.scoresText,
    };
    writer.output(port, network === "generator" ? clipped(writer, result, programs[0]) : result);
    return port;
  });
  const graph = writer.graph({ inputs: ports, outputs });
  const doc = docOf(options, graph.inputs, outputs);
  const metadata = {
    ...options.metadata,
    network,
    opset: String(OPSET),
    ...(options.classText && { classes: options.classText }),
  };
  return { bytes: encodeModel(graph, { doc, metadata }), inputs: graph.inputs, outputs };
}

const IMAGES = "images, float32 in [-1, 1]: byte = round((x + 1) * 127.5)";

/** The inputs that are not weights, as the exported model has them. */
function inputPorts(
  programs: readonly Program[],
  batches: TwoBatches,
  layout: Layout,
  options: OnnxExport,
): OnnxPort[] {
  const isWeight = new Set(layout.slots.map(({ name }) => name));
  const [small, large] = programs.map(({ inputs }) => inputs.filter(({ name }) => !isWeight.has(name)));
  return small.map((input, i): OnnxPort => {
    const shape = shapeOf(programs, [input.value, large[i].value], batches);
    if (input.name === "labels")
      return {
        name: "labels",
        type: "int64",
        shape: shape.slice(0, 1),
        doc: `class numbers, 0 to ${options.classes - 1}${options.classText && `: ${options.classText}`}`,
      };
    return { name: input.name, type: "float32", shape, doc: inputDoc(input) };
  });
}

function inputDoc({ name, random }: InputPort): string {
  if (name === "noise") return "latent vectors, independent standard normal numbers";
  if (name === "images") return IMAGES;
  return `random numbers of a layer that draws some at inference too: independent, ${random ?? "any"}`;
}

function shapeOf(
  programs: readonly Program[],
  [few, many]: readonly number[],
  batches: TwoBatches,
): (number | string)[] {
  const [small, large] = [programs[0].values[few].shape, programs[1].values[many].shape];
  return small.map((size, axis) => {
    const number = batchNumberOf([size, large[axis]], batches);
    return number === null ? `axis${axis}` : dimensionText(number);
  });
}

function oneHot(writer: GraphWriter, classes: number): string {
  const depth = writer.ints([classes]);
  const values = writer.constant({
    name: "off and on",
    type: "float32",
    shape: [2],
    data: new Uint8Array(Float32Array.of(0, 1).buffer),
  });
  return writer.node("OneHot", ["labels", depth, values]);
}

/** An input whose first dimension is N. */
function batchSource(ports: readonly OnnxPort[]): string {
  const source = ports.find(({ shape: [first] }) => first === "N");
  if (source) return source.name;
  throw new GanglionError(
    "MODEL",
    "the network takes no input from which the number of images could be told: export for a fixed number of images with --batch N",
  );
}

/** As generated pictures are; a tanh keeps within by itself. */
function clipped(writer: GraphWriter, value: string, program: Program): string {
  const isBounded = program.calls.some(
    ({ kernel, outputs }) => kernel === "Tanh" && outputs.includes(program.outputs[0].value),
  );
  return isBounded ? value : writer.node("Clip", [value, writer.scalar(-1), writer.scalar(1)]);
}

function docOf({ network }: OnnxExport, inputs: readonly OnnxPort[], outputs: readonly OnnxPort[]): string {
  const line = ({ name, type, shape, doc }: OnnxPort): string =>
    `${name} ${type} [${shape.join(", ")}]: ${doc}`;
  return [
    `A ${network} trained by Ganglion, as it is used and not trained. N is the number of images.`,
    "Inputs:",
    ...inputs.map(line),
    "Outputs:",
    ...outputs.map(line),
  ].join("\n");
}
