// The extractors that come with the program: small classifiers that it has trained itself.
import { readFile } from "node:fs/promises";
import { GanglionError } from "../../shared/errors.ts";
import { nearest } from "../../shared/config/nearest.ts";
import {
  BUILT_IN_EXTRACTORS,
  type BuiltInName,
  isBuiltInExtractor,
} from "../../shared/evaluation/built-in-names.ts";
import type { Extractor } from "../../shared/evaluation/extractor.ts";
import { encodeProgram, programHash, sizeOf } from "../../shared/program/program.ts";
import { traceClassifierExtractor } from "../compiler/extractors/classifier-extractor.ts";
import { decodeSafetensors } from "../records/files/safetensors.ts";

interface BuiltIn {
  /** The file with its weights. */
  readonly weights: string;
  readonly imageShape: readonly [number, number, number];
  readonly classes: number;
  /** Images of one picture that it looks at one by one. */
  readonly planes: number;
}

const GREY = { weights: "seed-cnn", imageShape: [28, 28, 1], classes: 10 } as const;

const BUILT_IN = {
  /** MNIST, 99.2 %. */
  "seed-cnn": { ...GREY, planes: 1 },
  /** The same for three digits as red, green and blue. */
  "seed-cnn-stacked": { ...GREY, planes: 3 },
  /** CIFAR-10, 64 % (9,000 training pictures). */
  "seed-cnn-colour": { weights: "seed-cnn-colour", imageShape: [32, 32, 3], classes: 10, planes: 1 },
} as const satisfies Record<BuiltInName, BuiltIn>;

/** Images that a built-in extractor looks at at once. */
const BATCH = 64;

/** The classes of three digits. */
const STACKED_CLASSES = 1000;

/** What suits a data set: the grey one for grey images, else the one for colour; for colour in a thousand classes the stacked one. */
export function usualExtractor(imageShape: readonly number[], classes: number): BuiltInName {
  const [height, width, channels] = imageShape;
  if (channels === 1) return "seed-cnn";
  const isStacked = channels === 3 && height === 28 && width === 28 && classes === STACKED_CLASSES;
  return isStacked ? "seed-cnn-stacked" : "seed-cnn-colour";
}

/** @throws GanglionError CONFIG for a name that there is not */
export async function builtInExtractor(name: string): Promise<Extractor> {
  if (!isBuiltInExtractor(name)) {
    throw new GanglionError(
      "CONFIG",
      `there is no extractor "${name}": did you mean ${nearest(name, BUILT_IN_EXTRACTORS)}? (${BUILT_IN_EXTRACTORS.join(", ")}, or an .onnx file)`,
    );
  }
  const { weights, imageShape, classes, planes } = BUILT_IN[name];
  const url = new URL(`./extractors/${weights}.safetensors`, import.meta.url);
  const { tensors } = decodeSafetensors(await readFile(url), url.pathname);
  const floats = [...tensors].map(
    ([tensor, { shape, data }]) => [tensor, { shape, data: data as Float32Array }] as const,
  );
  const trained = { name, imageShape, classes, weights: new Map(floats) };
  const program = await traceClassifierExtractor(trained, { batch: BATCH, planes });
  const bytes = encodeProgram(program);
  const [height, width, channels] = imageShape;
  const countOf = (output: string): number => {
    const { value } = program.outputs.find((port) => port.name === output)!;
    return sizeOf(program.values[value].shape) / BATCH;
  };
  return {
    bytes,
    spec: {
      name,
      kind: "program",
      hash: programHash(bytes),
      batch: BATCH,
      size: [height, width],
      channels: channels * planes === 1 ? 1 : 3,
      layout: "nhwc",
      mean: [127.5],
      std: [127.5],
      input: "images",
      features: "features",
      probabilities: "probabilities",
      isLogits: false,
      featureCount: countOf("features"),
      classCount: countOf("probabilities"),
    },
  };
}
