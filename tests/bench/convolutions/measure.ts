// Measures what ONNX Runtime takes for each call that a convolution is made of, in every way to cut it (one thread):
//
//   npx jiti tests/bench/convolutions/measure.ts --out tests/bench/convolutions/calls.csv
//
// `fit.ts` makes a cost model of what this writes.
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { wholeNumber } from "../../../deploy/flags/parsers.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import { convolutionOf } from "../../../shared/program/shapes.ts";
import { GraphBuilder } from "../../../worker/engine/graph/graph-builder.ts";
import {
  filterGradient,
  forward,
  inputGradient,
} from "../../../worker/engine/graph/lower/convolution/tiled/bilinear-convolution.ts";
import { tilesOf } from "../../../worker/engine/graph/lower/convolution/tiled/cuts.ts";
import { geometryOf } from "../../../worker/engine/graph/lower/convolution/tiled/geometry.ts";
import { CPU } from "../../../worker/engine/graph/lower/convolution/tuning.ts";
import { encodeModel } from "../../../worker/engine/graph/onnx.ts";
import { loadOnnxRuntime } from "../../../worker/engine/graph/onnxruntime.ts";
import { LAYERS, type Layer } from "./layers.ts";

interface Flags {
  readonly out: string;
  readonly milliseconds: number;
  readonly part: number;
  readonly parts: number;
}

/** An event of ONNX Runtime's profile. */
interface Event {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
  readonly args: {
    readonly op_name: string;
    readonly input_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
    readonly output_type_shape: readonly Readonly<Record<string, readonly number[]>>[];
  };
}

const OPS: ReadonlySet<string> = new Set(["MatMul", "FusedMatMul", "Transpose"]);

const wanted = new Command("npx jiti tests/bench/convolutions/measure.ts")
  .description("nanoseconds of each matrix product and transpose of the convolutions in layers.ts")
  .option("--out <file>", "where the table goes", "tests/bench/convolutions/calls.csv")
  .option("--milliseconds <n>", "how long each graph runs", wholeNumber(1), 30)
  .option("--part <n>", "only this part of the layers, from 0 on", wholeNumber(0), 0)
  .option("--parts <n>", "of so many", wholeNumber(1), 1)
  .parse()
  .opts<Flags>();

const ort = loadOnnxRuntime("cpu");
const folder = mkdtempSync(join(tmpdir(), "ganglion-convolutions-"));
/** Larger than any operand. */
const [given, taken] = [
  new Float32Array(1 << 24).map((_, i) => ((i * 7919) % 1000) / 1000 - 0.5),
  new Float32Array(1 << 24).fill(1),
];
/** Microseconds by the call: op, operands' shapes. */
const times = new Map<string, number[]>();
try {
  for (const [i, layer] of LAYERS.entries()) if (i % wanted.parts === wanted.part) await measureLayer(layer);
} finally {
  rmSync(folder, { recursive: true });
}
const rows = [...times].map(([call, us]) => `${call},${Math.round(1000 * undisturbed(us))}`);
writeFileSync(wanted.out, `op,transposed,left,right,ns\n${rows.join("\n")}\n`);

async function measureLayer({ size, channels, outChannels, taps, stride, batch }: Layer): Promise<void> {
  const [x, filter] = [
    [batch, size, size, channels],
    [taps, taps, channels, outChannels],
  ];
  const attributes = { strides: [stride, stride], pad: "same", dataFormat: "NHWC", dilations: [1, 1] };
  const conv = convolutionOf(x, filter, attributes);
  const image = [size, size, batch, channels];
  const result = [conv.outHeight, conv.outWidth, batch, outChannels];
  const orders = ["image first", "filter first"] as const;
  const cuts = tilesOf(conv).flatMap((tiles) =>
    orders.map((order) => ({ ...tiles, orders: { forward: order, inputGradient: order } })),
  );
  for (const cut of cuts) {
    const g = geometryOf(conv, cut);
    const isFirst = cut.orders.forward === "filter first";
    await measure([image, filter], result, isFirst ? "both" : "", (b, [a, w]) => forward(b, g, a, w));
    await measure([result, filter], image, "right", (b, [dy, w]) => inputGradient(b, g, dy, w));
    if (!isFirst) await measure([image, result], filter, "left", (b, [a, dy]) => filterGradient(b, g, a, dy));
  }
}

/** `transposed` is the operand that MatMul is fused with a transpose of. */
async function measure(
  inputs: readonly (readonly number[])[],
  output: readonly number[],
  transposed: string,
  build: (builder: GraphBuilder, names: readonly string[]) => string,
): Promise<void> {
  const builder = new GraphBuilder(CPU);
  const names = inputs.map((shape, i) => builder.input(`in ${i}`, { dtype: "float32", shape }));
  builder.output("out", build(builder, names), { dtype: "float32", shape: output });
  const session = await ort.InferenceSession.create(encodeModel(builder.graph()), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    enableMemPattern: false,
    enableProfiling: true,
    profileFilePrefix: join(folder, "profile"),
  });
  const feeds = Object.fromEntries(inputs.map((shape, i) => [`in ${i}`, tensor(given, shape)]));
  const fetches = { out: tensor(taken, output) };
  const cache = new Float32Array(1 << 21);
  const begun = performance.now();
  for (let run = 0; run < 5 || performance.now() - begun < wanted.milliseconds; run++) {
    for (let i = 0; i < cache.length; i += 16) cache[i] += 1; // what other layers would have read since
    await session.run(feeds, fetches);
  }
  session.endProfiling();
  await session.release();
  const file = join(folder, readdirSync(folder)[0]);
  const events = (JSON.parse(readFileSync(file, "utf8")) as Event[]).filter(
    ({ cat, name, args }) => cat === "Node" && name.endsWith("_kernel_time") && OPS.has(args.op_name),
  );
  rmSync(file);
  for (const { dur, args } of events) {
    const [left, right] = args.input_type_shape.map((one) => Object.values(one)[0]);
    const fused = args.op_name === "FusedMatMul" ? transposed : "";
    const second = args.op_name === "Transpose" ? [vectorOf(left)] : right;
    const call = [args.op_name.replace("Fused", ""), fused, left.join("x"), second.join("x")].join(",");
    times.set(call, [...(times.get(call) ?? []), dur]);
  }
}

/** What stays in a row: tiled convolutions swap the two axes in the middle of four, or else the last two. */
function vectorOf(shape: readonly number[]): number {
  return shape.length === 4 ? shape[3] : 1;
}

/** Feeds share their memory: what is in them changes no time. */
function tensor(memory: Float32Array, shape: readonly number[]): InstanceType<typeof ort.Tensor> {
  return new ort.Tensor("float32", memory.subarray(0, sizeOf(shape)), shape);
}

/** Other load only ever adds time: nearly the least is nearest to the truth. */
function undisturbed(us: readonly number[]): number {
  return us.toSorted((a, b) => a - b)[Math.floor(us.length / 5)];
}
