// Features of images: what a thread computes for a lease of an evaluation.
import { type ExtractorSpec, rowLength } from "../../shared/evaluation/extractor.ts";
import { fillGeneratorInputs } from "../../shared/program/generator-inputs.ts";
import type { Program } from "../../shared/program/program.ts";
import { SampleOrder } from "../../shared/data/sample-order.ts";
import type { SampleReader } from "../batches.ts";
import type { Extraction } from "./extract.ts";
import type { ExtractorInput } from "./extractor-input.ts";

export interface FeatureTask {
  readonly source: "generated" | "train";
  readonly seed: number;
  readonly first: number;
  readonly images: number;
  /** [images, F + K] */
  readonly output: Float32Array;
}

/** The generator as a thread has it. */
export interface Drawing {
  readonly program: Program;
  /** Images that it draws at once. */
  readonly batch: number;
  readonly inputs: Readonly<Record<string, Float32Array>>;
  /** [batch, H, W, C] after a run. */
  readonly images: Float32Array;
  readonly latentSize: number;
  readonly classes: number;
  run(): Promise<void>;
}

export interface FeaturesOptions {
  readonly spec: ExtractorSpec;
  readonly input: ExtractorInput;
  readonly extraction: Extraction;
  /** Null in runs without a generator. */
  readonly drawing: Drawing | null;
  readonly samples: SampleReader;
  /** Of the train split: its images, with mirrored ones where the run has them. */
  readonly sampleCount: number;
  /** H · W · C of the data's images. */
  readonly imageSize: number;
}

/** Computes one piece: a row of features, then probabilities, for each image in order. */
export function createFeatures(options: FeaturesOptions): (task: FeatureTask) => Promise<void> {
  const { spec, input, extraction, drawing, samples, sampleCount, imageSize } = options;
  const { batch, featureCount, classCount } = spec;
  const row = rowLength(spec);
  const picture = new Float32Array(imageSize);
  let order: { readonly seed: number; readonly stream: SampleOrder } | null = null;

  return async (task) => {
    const { output, images, first, seed } = task;
    let waiting = 0;
    let done = 0;
    const extract = async (): Promise<void> => {
      const { features, probabilities } = await extraction.run(); // of a batch that is not full, the rest is not read
      for (let i = 0; i < waiting; i++, done++) {
        output.set(features.subarray(i * featureCount, (i + 1) * featureCount), done * row);
        output.set(probabilities.subarray(i * classCount, (i + 1) * classCount), done * row + featureCount);
      }
      waiting = 0;
    };
    const take = async (image: Float32Array): Promise<void> => {
      input.write(image, extraction.input, waiting++);
      if (waiting === batch) await extract();
    };
    switch (task.source) {
      case "generated": {
        const { program, inputs, latentSize, classes, batch: drawn } = drawing!;
        for (let at = 0; at < images; at += drawn) {
          const position = { first: first + at, images: drawn };
          const given = { seed, latentSize, classes, ...position, purpose: "evaluation" } as const;
          fillGeneratorInputs(program, inputs, given);
          await drawing!.run();
          for (let i = 0; i < Math.min(drawn, images - at); i++)
            await take(drawing!.images.subarray(i * imageSize, (i + 1) * imageSize));
        }
        break;
      }
      case "train": {
        if (order?.seed !== seed) order = { seed, stream: new SampleOrder(seed, sampleCount) };
        const { stream } = order;
        for (let i = 0; i < images; i++) {
          samples.fill(picture, () => stream.idAt(first + i), 1);
          await take(picture);
        }
        break;
      }
      default:
        task.source satisfies never;
    }
    if (waiting > 0) await extract();
  };
}
