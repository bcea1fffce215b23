// What the generator draws images from: noise by image number, classes one after the other, random numbers for its ops.
import { noiseNumber } from "./class-columns.ts";
import { stream } from "../random/random.ts";
import { type NowValues, fillNowInputs } from "./now-inputs.ts";
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
  /** Where they are a piece of what is drawn: the number of its first image, and how many the program draws at once. */
  readonly piece?: { readonly of: number; readonly size: number };
  /** What the program is told of the step, where it uses that. */
  readonly now?: NowValues;
  /** Of a grid whose columns are the classes: a row of it shares its noise. Else each image has its own. */
  readonly columns?: number | null;
  /** Which noise: that of sample grids by default, or of evaluations, which no grid has. */
  readonly purpose?: "sample" | "evaluation";
}

/** Image i has noise of the stream (seed, purpose, i), or of its row's, and where the generator takes labels the class i mod classes. */
export function fillGeneratorInputs(
  program: Program,
  arrays: Readonly<Record<string, Float32Array>>,
  { seed, latentSize, classes, first, images, piece, columns = null, now, purpose = "sample" }: Drawing,
): void {
  const { noise, labels } = arrays;
  fillNowInputs(program, arrays, now);
  labels?.fill(0);
  for (let i = 0; i < images; i++) {
    const own = noise?.subarray(i * latentSize, (i + 1) * latentSize);
    if (own) stream(seed, purpose, noiseNumber(first + i, columns)).fillNormal(own);
    if (labels) labels[i * classes + ((first + i) % classes)] = 1;
  }
  const whole = piece?.of ?? first;
  const place = piece && { first: first - whole, size: piece.size };
  fillRandomInputs(program, arrays, seed, [`${purpose} op`, whole], place);
}
