// When each value of a program dies: what a replay may free, and after which call.
import type { Program } from "../../../shared/program/program.ts";

/**
 * For each call, the values that no later call and no output reads: freed right after it, the replay holds what a
 * step needs at once and not all that it ever makes. Constants outlive the run and are never among them.
 */
export function deathsOf(program: Program): readonly (readonly number[])[] {
  const immortal = new Set(
    [...program.constants, ...program.outputs].map((port: { readonly value: number }) => port.value),
  );
  const deaths = program.calls.map((): number[] => []);
  const seen = new Set<number>();
  for (const [i, call] of [...program.calls.entries()].toReversed()) {
    for (const value of new Set([...Object.values(call.inputs), ...call.outputs])) {
      if (seen.has(value) || immortal.has(value)) continue;
      seen.add(value);
      deaths[i].push(value);
    }
  }
  return deaths;
}
