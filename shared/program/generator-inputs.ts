// What the generator draws images from: noise by image number, classes one after the other, random numbers for its ops.
import { stream } from "../random/random.ts";
import type { Program } from "./program.ts";
import { fillRandomInputs } from "./random-inputs.ts";

export interface Drawing {
  readonly seed: number;
  /** Z. */
  readonly latentSize: number;
  readonly classes: number;
  /** Number of the first image, and how many are drawn. */
  readonly first: number;
  readonly images: number;
  /** Of every image; by default each has its own. */
  readonly onlyClass?: number;
  /** Which noise: that of sample grids by default, or of evaluations, which no grid has. */
  readonly purpose?: "sample" | "evaluation";
}

/** Image i has noise of the stream (seed, purpose, i) and, where the generator takes labels and no class is given, the class i mod classes. */
export function fillGeneratorInputs(
  program: Program,
  arrays: Readonly<Record<string, Float32Array>>,
  { seed, latentSize, classes, first, images, onlyClass, purpose = "sample" }: Drawing,
): void {
  const { noise, labels } = arrays;
  labels?.fill(0);
  for (let i = 0; i < images; i++) {
    if (noise)
      stream(seed, purpose, first + i).fillNormal(noise.subarray(i * latentSize, (i + 1) * latentSize));
    if (labels) labels[i * classes + (onlyClass ?? (first + i) % classes)] = 1;
  }
  fillRandomInputs(program, arrays, seed, [`${purpose} op`, first]);
}
