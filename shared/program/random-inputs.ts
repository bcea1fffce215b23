// The random numbers of a step: drawn on the host, so that every engine and any number of workers get the same.
import { type Stream, stream } from "../random/random.ts";
import type { Distribution, Program } from "./program.ts";

/** What is computed is a piece of a batch: `first` samples of it come before the piece, whose program takes `size` at once. */
export interface BatchPiece {
  readonly first: number;
  readonly size: number;
}

/**
 * Fills the arrays of a program's random inputs from the streams (seed, ...path, op), one for each op:
 * `path` is e.g. ("op", step, phase, shard), so nothing is ever drawn twice. A piece of a batch gets the numbers that its
 * samples have in the whole batch, wherever the input has a row for each sample.
 */
export function fillRandomInputs(
  program: Program,
  arrays: Readonly<Record<string, Float32Array>>,
  seed: number,
  path: readonly (string | number)[],
  piece?: BatchPiece,
): void {
  for (const { name, value, random } of program.inputs) {
    if (!random) continue;
    const numbers = stream(seed, ...path, name);
    if (piece && piece.first > 0 && program.values[value].shape[0] === piece.size)
      fill(numbers, random, new Float32Array((arrays[name].length / piece.size) * piece.first));
    fill(numbers, random, arrays[name]);
  }
}

function fill(random: Stream, distribution: Distribution, out: Float32Array): void {
  switch (distribution) {
    case "uniform":
      return random.fillUniform(out);
    case "normal":
      return random.fillNormal(out);
    case "truncated normal":
      for (let i = 0; i < out.length; i++) out[i] = truncated(random);
      return;
    default:
      return distribution satisfies never;
  }
}

/** From the standard normal distribution within two deviations; what lies outside is drawn again. */
function truncated(random: Stream): number {
  let value = random.normal();
  while (Math.abs(value) > 2) value = random.normal();
  return value;
}
