// What a node answers when it is asked where a shard stops being finite: a call of the phase's program, in numbers.
import type { Call, Program } from "./program.ts";

/** The first call of a program that made something not finite of what was finite, on the way to a result. */
export interface Diagnosis {
  /** Its number among the program's calls. */
  readonly call: number;
  /**
   * Its first two operands at the first element of its result that is not finite, where each has one that belongs to it
   * alone (calls that go element by element); NaN else.
   */
  readonly operands: readonly [number, number];
  /** The largest magnitude among all its operands. */
  readonly largest: number;
}

/** Elements of an answer: found or not, call, two operands, largest. */
export const DIAGNOSIS_LENGTH = 5;

/** `null`: every value is finite, or none that is not leads to a result. */
export function writeDiagnosis(found: Diagnosis | null, into: Float32Array): void {
  into.fill(0);
  if (found) into.set([1, found.call, ...found.operands, found.largest]);
}

export function readDiagnosis(from: Float32Array): Diagnosis | null {
  const [isFound, call, first, second, largest] = from;
  return isFound === 1 ? { call, operands: [first, second], largest } : null;
}

/** A call's operands in the order in which tfjs names them: `a`, `b`; `x`; "0", "1", …. */
export function operandsOf({ inputs }: Call): number[] {
  return Object.values(inputs);
}

/** The calls by the values that they make. */
export function makersOf({ calls }: Pick<Program, "calls">): ReadonlyMap<number, Call> {
  return new Map(calls.flatMap((call) => call.outputs.map((output) => [output, call] as const)));
}
