// `--value fade=0:1:0:2000`: a number that follows the step, by its name.
import { InvalidArgumentError } from "commander";
import type { ValueSchedule } from "../../../shared/config/values.ts";

const REMEDY =
  "Write NAME=NUMBER, NAME=FROM:TO:START:END (steps; to the run's end without END), NAME=cosine:FROM:TO:START:END or NAME=step:FROM:TO:AT.";

/** Names and numbers are checked with the config. */
export function namedValue(text: string): readonly [string, ValueSchedule] {
  const [, name, written] = /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError(REMEDY);
  const parts = written.split(":");
  const kind = /^[a-z]/.test(parts[0]) ? parts.shift()! : parts.length === 1 ? "constant" : "linear";
  const numbers = parts.map(Number);
  if (parts.some((part) => part === "") || !numbers.every(Number.isFinite))
    throw new InvalidArgumentError(REMEDY);
  return [name, scheduleOf(kind, numbers)];
}

function scheduleOf(kind: string, numbers: readonly number[]): ValueSchedule {
  const [from, to, startStep = 0, endStep] = numbers;
  const ramp = { from, to, startStep, ...(endStep !== undefined && { endStep }) };
  const isRamp = numbers.length >= 2 && numbers.length <= 4;
  if (kind === "constant" && numbers.length === 1) return { kind, value: from };
  if ((kind === "linear" || kind === "cosine") && isRamp) return { kind, ...ramp };
  if (kind === "step" && numbers.length === 3) return { kind, from, to, atStep: startStep };
  throw new InvalidArgumentError(REMEDY);
}
