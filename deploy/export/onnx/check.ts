// An exported ONNX model is run once before it is written, and compared with what the engine computes.
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { fillGeneratorInputs } from "../../../shared/program/generator-inputs.ts";
import { type Program, arraysFor, sizeOf } from "../../../shared/program/program.ts";
import { type Layout, viewOf } from "../../../shared/protocol/layout.ts";
import { stream } from "../../../shared/random/random.ts";
import { loadOnnxRuntime } from "../../../worker/engine/graph/onnxruntime.ts";
import { runOnce } from "../../../worker/run-once.ts";
import type { OnnxModel } from "./onnx-model.ts";

export interface Comparison {
  readonly model: OnnxModel;
  readonly trace: (batch: number) => Promise<Program>;
  readonly layout: Layout;
  readonly weights: Float32Array;
  readonly latentSize: number;
  readonly classes: number;
  /** Numbers of images to compare. */
  readonly batches: readonly number[];
}

type Arrays = Readonly<Record<string, Float32Array>>;

/** Half of what a byte of a picture is wide, and as much of greater numbers: rounding, not another network. */
const TOLERANCE = 1 / 255;

/** @throws GanglionError MODEL where the model does not run, or does not give the same numbers */
export async function checkOnnx(comparison: Comparison): Promise<void> {
  const ort = loadOnnxRuntime("cpu");
  const session = await ort.InferenceSession.create(comparison.model.bytes, { logSeverityLevel: 4 });
  try {
    for (const batch of comparison.batches) {
      const program = await comparison.trace(batch);
      const inputs = inputsFor(program, comparison, batch);
      const expected = await runOnce({ engine: "graph", device: "cpu" }, program, inputs);
      const feeds = comparison.model.inputs.map(({ name, type, shape }) => {
        const size = [batch, ...(shape.slice(1) as number[])];
        const value = inputs[name];
        return type === "int64"
          ? [name, new ort.Tensor("int64", classNumbers(value, comparison.classes), [batch])]
          : [
              name,
              new ort.Tensor(
                "float32",
                value,
                sizeOf(size) === value.length
                  ? size
                  : program.values[program.inputs.find((port) => port.name === name)!.value].shape,
              ),
            ];
      });
      let results: Awaited<ReturnType<typeof session.run>>;
      try {
        results = await session.run(Object.fromEntries(feeds));
      } catch (cause) {
        throw refused(
          `for ${batch} image${batch === 1 ? "" : "s"} it does not run (${messageOf(cause).replace(/\s+/g, " ").trim()})`,
          cause,
        );
      }
      for (const [name, values] of Object.entries(expected)) {
        const got = results[name].data as Float32Array;
        const at = values.findIndex(
          (value, i) =>
            !(Math.abs(value - got[i]) <= TOLERANCE * Math.max(1, Math.abs(value))) &&
            !isClipped(name, value, got[i]),
        );
        if (at >= 0)
          throw refused(`for ${batch} images it gives ${got[at]} where the engine gives ${values[at]}`);
      }
    }
  } finally {
    await session.release();
  }
}

/** Pictures outside of -1 … 1 are clipped by the exported model. */
function isClipped(name: string, value: number, got: number): boolean {
  return name === "images" && Math.min(1, Math.max(-1, value)) === got;
}

function inputsFor(
  program: Program,
  { layout, weights, latentSize, classes }: Comparison,
  images: number,
): Arrays {
  const slots = new Map(layout.slots.map((slot) => [slot.name, slot]));
  const inputs = arraysFor(program, program.inputs);
  for (const [name, array] of Object.entries(inputs)) {
    const slot = slots.get(name);
    if (slot) array.set(viewOf(weights, slot));
    else array.set(array.map(pixels())); // noise, labels and random numbers are drawn below
  }
  fillGeneratorInputs(program, inputs, { seed: 1, latentSize, classes, first: 0, images });
  return inputs;
}

function pixels(): () => number {
  const random = stream(1, "pixels");
  return () => 2 * random.uniform(24) - 1;
}

function classNumbers(oneHot: Float32Array, classes: number): BigInt64Array {
  return BigInt64Array.from({ length: oneHot.length / classes }, (_, i) =>
    BigInt(oneHot.subarray(i * classes, (i + 1) * classes).indexOf(1)),
  );
}

function refused(why: string, cause?: unknown): GanglionError {
  return new GanglionError(
    "MODEL",
    `the ONNX model with a free batch is not what was trained: ${why}; export for a fixed number of images with --batch N`,
    { cause },
  );
}
