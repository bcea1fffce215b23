// A variant of a program that says of each of its values whether it is finite.
import type { Call, Program, ValueSpec } from "../../shared/program/program.ts";

/**
 * The program with one scalar output for each value that its calls make as numbers, named by the value: Σ 0 · x, which is 0
 * where all of x is finite, and NaN else. What it had for outputs is left out.
 */
export function withFiniteChecks(program: Program): Program {
  const values: ValueSpec[] = [...program.values];
  const calls: Call[] = [...program.calls];
  const outputs: { name: string; value: number }[] = [];
  const add = (shape: readonly number[]): number => values.push({ shape, dtype: "float32" }) - 1;
  const zero = add([]);
  for (const { outputs: made, origin } of program.calls) {
    for (const value of made) {
      const { shape, dtype } = program.values[value];
      if (dtype !== "float32") continue;
      let sum = add(shape);
      calls.push(call("Multiply", { a: value, b: zero }, sum, origin));
      if (shape.length > 0) {
        const whole = add([]);
        const attributes = { axis: shape.map((_, axis) => axis), keepDims: false };
        calls.push({ ...call("Sum", { x: sum }, whole, origin), attributes });
        sum = whole;
      }
      outputs.push({ name: checkName(value), value: sum });
    }
  }
  const constants = [...program.constants, { value: zero, data: new Float32Array(1) }];
  return { ...program, values, constants, calls, outputs };
}

export function checkName(value: number): string {
  return `check/${value}`;
}

function call(kernel: string, inputs: Call["inputs"], output: number, origin: string): Call {
  return { kernel, inputs, attributes: {}, outputs: [output], origin };
}
