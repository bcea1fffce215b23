// The inputs of a program that follow the step: `now/step`, `now/steps`, `now/images`, `now/values/<name>`; scalars.
import type { Program } from "./program.ts";

/** What the names of such inputs begin with. */
export const NOW_PREFIX = "now/";

/** By their names without the prefix; a program takes them as float32. */
export type NowValues = Readonly<Record<string, number>>;

/** Whether the program computes with what follows the step. */
export function usesNow({ inputs }: Pick<Program, "inputs">): boolean {
  return inputs.some(({ name }) => name.startsWith(NOW_PREFIX));
}

/** @throws RangeError for an input that `now` has no value of */
export function fillNowInputs(
  { inputs }: Pick<Program, "inputs">,
  arrays: Readonly<Record<string, Float32Array>>,
  now: NowValues = {},
): void {
  for (const { name } of inputs) {
    if (!name.startsWith(NOW_PREFIX)) continue;
    const own = name.slice(NOW_PREFIX.length);
    if (!Object.hasOwn(now, own)) throw new RangeError(`the program needs ${name}, and was given none`);
    arrays[name][0] = now[own];
  }
}
