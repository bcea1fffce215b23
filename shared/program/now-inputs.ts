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

/** The same program for this moment alone: what follows the step is a constant of it. */
export function frozenNow(program: Program, now: NowValues): Program {
  const isNow = ({ name }: { readonly name: string }): boolean => name.startsWith(NOW_PREFIX);
  const frozen = program.inputs.filter(isNow).map(({ name, value }) => ({
    value,
    data: Float32Array.of(valueOf(name, now)),
  }));
  const inputs = program.inputs.filter((port) => !isNow(port));
  return frozen.length === 0 ? program : { ...program, inputs, constants: [...program.constants, ...frozen] };
}

/** @throws RangeError for an input that `now` has no value of */
export function fillNowInputs(
  { inputs }: Pick<Program, "inputs">,
  arrays: Readonly<Record<string, Float32Array>>,
  now: NowValues = {},
): void {
  for (const { name } of inputs) {
    if (name.startsWith(NOW_PREFIX)) arrays[name][0] = valueOf(name, now);
  }
}

function valueOf(name: string, now: NowValues): number {
  const own = name.slice(NOW_PREFIX.length);
  if (!Object.hasOwn(now, own)) throw new RangeError(`the program needs ${name}, and was given none`);
  return now[own];
}
