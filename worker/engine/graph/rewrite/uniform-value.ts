// Values of a program of which all elements are one number that is known before it runs.
import { type Program, isUniform } from "../../../../shared/program/program.ts";

const MOVED: ReadonlySet<string> = new Set(["ExpandDims", "Reshape", "Tile"]);

/** By value: the number that it consists of, as far as it follows from constants by moves and products. */
export function uniformValues({ values, constants, calls }: Program): ReadonlyMap<number, number> {
  const known = new Map<number, number>();
  for (const constant of constants)
    if (constant.data.length === 1 || isUniform(constant, values[constant.value]))
      known.set(constant.value, constant.data[0]);
  for (const { kernel, inputs, outputs } of calls) {
    const operands = Object.values(inputs).map((value) => known.get(value));
    if (!operands.every((operand) => operand !== undefined)) continue;
    if (MOVED.has(kernel)) known.set(outputs[0], operands[0]);
    if (kernel === "Multiply") known.set(outputs[0], Math.fround(operands[0] * operands[1]));
  }
  return known;
}
