// Which call of a program is to blame for results that are not finite.
import { operandsOf } from "../../shared/program/diagnosis.ts";
import type { Program } from "../../shared/program/program.ts";

/**
 * The number of the first call that makes what is not finite of what is, on a way of such values to an output; null where
 * there is none. −∞ that is masked on its way does not count.
 */
export function culpritOf(program: Program, isFinite: (value: number) => boolean): number | null {
  const { calls, outputs } = program;
  const guilty = new Set(outputs.map(({ value }) => value).filter((value) => !isFinite(value)));
  let first: number | null = null;
  for (let i = calls.length - 1; i >= 0; i--) {
    if (!calls[i].outputs.some((output) => guilty.has(output))) continue;
    const broken = operandsOf(calls[i]).filter((operand) => !isFinite(operand));
    if (broken.length === 0) first = i;
    for (const operand of broken) guilty.add(operand);
  }
  return first;
}
