// Runs an extractor on batches of its inputs, whichever kind it is of.
import type { ExtractorSpec } from "../../shared/evaluation/extractor.ts";
import { GanglionError } from "../../shared/errors.ts";
import { sizeOf } from "../../shared/program/program.ts";
import type { Engine, Executable } from "../engine/engine.ts";
import type { ImageShape } from "./extractor-input.ts";

/** One extractor of one thread. */
export interface Extraction {
  /** What is extracted from: [batch, H, W, C] or [batch, C, H, W]. The caller fills it. */
  readonly input: Float32Array;
  /** Features [batch, F] and probabilities [batch, K], empty without classes; valid until the next run. */
  run(): Promise<{ readonly features: Float32Array; readonly probabilities: Float32Array }>;
}

/** A program of an extractor, prepared. */
export interface PreparedExtractor {
  readonly executable: Executable;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  readonly outputs: Readonly<Record<string, Float32Array>>;
}

const NONE = new Float32Array(0);

export function programExtraction(
  { input, features, probabilities, isLogits, classCount }: ExtractorSpec,
  { executable, inputs, outputs }: PreparedExtractor,
): Extraction {
  return {
    input: inputs[input],
    async run() {
      await executable.run();
      const classes = probabilities === null ? NONE : outputs[probabilities];
      return {
        features: outputs[features],
        probabilities: isLogits ? softmax(classes, classCount) : classes,
      };
    },
  };
}

/** @throws GanglionError USAGE for an engine that runs no ONNX models, and for a model that is not as its description says */
export async function onnxExtraction(
  spec: ExtractorSpec,
  bytes: Uint8Array,
  engine: Engine,
  [height, width, channels]: ImageShape,
): Promise<Extraction> {
  const { name, batch, layout, input, features, probabilities, featureCount, classCount, isLogits } = spec;
  if (!engine.openModel) {
    throw new GanglionError(
      "USAGE",
      `the ${engine.name} engine runs no ONNX models, and the extractor ${name} is one: use --engine graph, or a built-in extractor`,
    );
  }
  const outputs = probabilities === null ? [features] : [features, probabilities];
  const model = await engine.openModel({ bytes, name, input, outputs });
  const shape = layout === "nchw" ? [batch, channels, height, width] : [batch, height, width, channels];
  const images = new Float32Array(sizeOf(shape));
  return {
    input: images,
    async run() {
      const [made, classes = NONE] = await model.run(images, shape);
      if (made.length !== batch * featureCount || classes.length !== batch * classCount) {
        throw new GanglionError(
          "USAGE",
          `the extractor ${name} made ${made.length / batch} features and ${classes.length / batch} classes an image, where ${featureCount} and ${classCount} were expected`,
        );
      }
      return { features: made, probabilities: isLogits ? softmax(classes, classCount) : classes };
    },
  };
}

/** Of each row of K logits. */
function softmax(logits: Float32Array, classCount: number): Float32Array {
  const probabilities = new Float32Array(logits.length);
  for (let row = 0; row < logits.length; row += classCount) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = row; k < row + classCount; k++) largest = Math.max(largest, logits[k]);
    let sum = 0;
    for (let k = row; k < row + classCount; k++) sum += Math.exp(logits[k] - largest);
    for (let k = row; k < row + classCount; k++) probabilities[k] = Math.exp(logits[k] - largest) / sum;
  }
  return probabilities;
}
