// Nanoseconds an element of what a step does between its matrix products, each thing in several ways (one thread):
//
//   npx jiti tests/bench/passes/passes.ts
//
// How the lowering writes activations, normalization and sums rests on what this prints.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { wholeNumber } from "../../../deploy/flags/parsers.ts";
import { sizeOf } from "../../../shared/program/program.ts";
import { GraphBuilder } from "../../../worker/engine/graph/graph-builder.ts";
import { CPU } from "../../../worker/engine/graph/lower/convolution/tuning.ts";
import { encodeModel } from "../../../worker/engine/graph/onnx.ts";
import { loadOnnxRuntime } from "../../../worker/engine/graph/onnxruntime.ts";
import { machine } from "../data/program.ts";
import { WAYS, type Way } from "./ways.ts";

/** An event of ONNX Runtime's profile. */
interface Event {
  readonly cat: string;
  readonly name: string;
  readonly dur: number;
}

const wanted = new Command("npx jiti tests/bench/passes/passes.ts")
  .description("nanoseconds an element of passes over images [H, W, B, C], by their shape")
  .option("--milliseconds <n>", "how long each graph runs", wholeNumber(1), 60)
  .option("--only <text>", "only ways whose names have this")
  .parse()
  .opts<{ readonly milliseconds: number; readonly only?: string }>();

/** As DCGANs and R3GANs have them: some fit in a core's cache and some do not. */
const SHAPES = [
  [28, 28, 16, 64],
  [8, 8, 16, 256],
  [32, 32, 16, 32],
  [14, 14, 64, 128],
] as const;

const ort = loadOnnxRuntime("cpu");
const folder = mkdtempSync(join(tmpdir(), "ganglion-passes-"));
/** Other load only ever adds time: nearly the least is nearest to the truth. */
const undisturbed = (us: readonly number[]): number =>
  us.toSorted((a, b) => a - b)[Math.floor(us.length / 5)];

process.stdout.write(
  `${machine()}\n\n| ns an element | ${SHAPES.map((shape) => shape.join("×")).join(" | ")} |\n`,
);
process.stdout.write(`|---|${SHAPES.map(() => "---").join("|")}|\n`);
try {
  for (const way of WAYS) {
    if (wanted.only !== undefined && !way.name.includes(wanted.only)) continue;
    const cells: string[] = [];
    for (const shape of SHAPES) cells.push((await measure(way, shape)).toFixed(2));
    process.stdout.write(`| ${way.name} | ${cells.join(" | ")} |\n`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

async function measure({ inputs, result, build }: Way, shape: readonly number[]): Promise<number> {
  const builder = new GraphBuilder(CPU);
  const shapeOf = (kind: Way["result"]): readonly number[] => (kind === "image" ? shape : [shape[3]]);
  const names = inputs.map((kind, i) => builder.input(`in ${i}`, { dtype: "float32", shape: shapeOf(kind) }));
  const value = builder.reshape(build(builder, names, shape), shapeOf(result));
  builder.output("out", value, { dtype: "float32", shape: shapeOf(result) });
  const session = await ort.InferenceSession.create(encodeModel(builder.graph()), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
    enableMemPattern: false,
    enableProfiling: true,
    logSeverityLevel: 4,
    profileFilePrefix: join(folder, "profile"),
  });
  const feeds = Object.fromEntries(
    inputs.map((kind, i) => {
      const data = new Float32Array(sizeOf(shapeOf(kind))).map((_, j) => ((j * 7919 + i) % 1000) / 500 - 1);
      return [`in ${i}`, new ort.Tensor("float32", data, shapeOf(kind))];
    }),
  );
  const begun = performance.now();
  for (let run = 0; run < 8 || performance.now() - begun < wanted.milliseconds; run++)
    await session.run(feeds);
  session.endProfiling();
  await session.release();
  const [file] = readdirSync(folder).map((name) => join(folder, name));
  const times = new Map<string, number[]>();
  for (const { cat, name, dur } of JSON.parse(readFileSync(file, "utf8")) as Event[])
    if (cat === "Node" && name.endsWith("_kernel_time")) times.set(name, [...(times.get(name) ?? []), dur]);
  rmSync(file);
  const us = [...times.values()].reduce((sum, own) => sum + undisturbed(own), 0);
  return (1000 * us) / sizeOf(shape);
}
