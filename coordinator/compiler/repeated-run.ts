// Whether a module makes the same run each time that it is loaded.
import { basename } from "node:path";
import { GanglionError } from "../../shared/errors.ts";
import { type Layout, viewOf } from "../../shared/protocol/layout.ts";
import { differenceOf } from "./trace/difference.ts";
import { decodeProgram } from "../../shared/program/program.ts";

export interface MadeRun {
  readonly layout: Layout;
  readonly initialWeights: Float32Array;
  /** Encoded programs, in the order in which they are made. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
}

/** @throws GanglionError MODEL that names the weight, or the layer and kernel, that differs */
export function checkRepeated(file: string, first: MadeRun, second: MadeRun): void {
  const difference = differenceOfRuns(first, second);
  if (difference === null) return;
  throw new GanglionError(
    "MODEL",
    `${basename(file)} makes other networks each time that it is loaded (${difference}), so that a seed would not give the same run again: draw with Math.random() inside of generator() and discriminator(), where it follows the run's seed, and take nothing from clocks or from random numbers outside of them`,
  );
}

/** In words; null where both are the same. */
export function differenceOfRuns(first: MadeRun, second: MadeRun): string | null {
  return differentWeight(first, second) ?? differentProgram(first, second);
}

function differentWeight(first: MadeRun, second: MadeRun): string | null {
  if (first.layout.hash !== second.layout.hash) return "their weights have other names or shapes";
  for (const slot of first.layout.slots) {
    const [one, other] = [first, second].map(({ initialWeights }) => viewOf(initialWeights, slot));
    const at = one.findIndex((element, i) => !Object.is(element, other[i]));
    if (at >= 0) return `weight ${slot.name} begins with ${one[at]}, and then with ${other[at]}`;
  }
  return null;
}

function differentProgram(first: MadeRun, second: MadeRun): string | null {
  const others = [...second.programs.values()];
  for (const [i, encoded] of [...first.programs.values()].entries()) {
    if (i >= others.length) break;
    const difference = differenceOf(decodeProgram(encoded), decodeProgram(others[i]));
    if (difference !== null) return difference;
  }
  return first.programs.size === second.programs.size ? null : "they make other steps";
}
