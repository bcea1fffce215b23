// The random numbers of a step: drawn on the host, so that every engine and any number of workers get the same.
import { type Stream, stream } from "../random/random.ts";
import type { Distribution, Program } from "./program.ts";

/**
 * Fills the arrays of a program's random inputs from the streams (seed, ...path, op), one for each op:
 * `path` is e.g. ("op", step, phase, shard), so nothing is ever drawn twice.
 */
export function fillRandomInputs(
  program: Program,
  arrays: Readonly<Record<string, Float32Array>>,
  seed: number,
  path: readonly (string | number)[],
): void {
  for (const { name, random } of program.inputs) {
    if (random) fill(stream(seed, ...path, name), random, arrays[name]);
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
