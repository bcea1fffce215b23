// Equal constants and equal calls of a program that was rewritten, once each: a trace has none, its changes repeat some.
import type { Call, Constant, Program } from "../../../../shared/program/program.ts";

export function withoutRepetitions(program: Program): Program {
  const sameAs = new Map<number, number>();
  const resolve = (value: number): number => sameAs.get(value) ?? value;
  const constants = new Map<string, Constant>();
  for (const constant of program.constants) {
    const { shape, dtype } = program.values[constant.value];
    const { buffer, byteOffset, byteLength } = constant.data;
    const key = `${dtype} ${shape.join("x")} ${Buffer.from(buffer, byteOffset, byteLength).toString("base64")}`;
    const first = constants.get(key);
    if (first) sameAs.set(constant.value, first.value);
    else constants.set(key, constant);
  }
  const calls = new Map<string, Call>();
  for (const call of program.calls) {
    const entries = Object.entries(call.inputs).map(([name, value]) => [name, resolve(value)] as const);
    const inputs = Object.fromEntries(entries);
    const key = JSON.stringify([call.kernel, inputs, call.attributes], exactly);
    const first = calls.get(key);
    if (first) for (const [i, output] of call.outputs.entries()) sameAs.set(output, first.outputs[i]);
    else calls.set(key, { ...call, inputs });
  }
  const outputs = program.outputs.map(({ name, value }) => ({ name, value: resolve(value) }));
  return { ...program, constants: [...constants.values()], calls: [...calls.values()], outputs };
}

/** JSON has no infinities. */
function exactly(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
