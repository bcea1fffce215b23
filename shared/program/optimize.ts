// Makes a program smaller without changing what it computes: common subexpressions once, dead calls gone.
import type { Call, Constant, Port, Program, ValueSpec } from "./program.ts";

/**
 * Removes common subexpressions, then dead code, then numbers the values anew in order of appearance, so that
 * equal steps encode to equal bytes. Traced together, the halves of D and G share G(z) and D(G(z)) this way.
 */
export function optimizeProgram(program: Program): Program {
  return renumber(removeDeadCalls(shareCommonCalls(program)));
}

/** Calls with the same kernel, inputs and attributes become one; equal constants too. */
export function shareCommonCalls(program: Program): Program {
  const sameAs = new Map<number, number>();
  const resolve = (value: number) => sameAs.get(value) ?? value;

  const constants = new Map<string, Constant>();
  for (const constant of program.constants) {
    const spec = program.values[constant.value];
    const bytes = Buffer.from(constant.data.buffer, constant.data.byteOffset, constant.data.byteLength);
    const key = `${spec.dtype} ${spec.shape.join("x")} ${bytes.toString("base64")}`;
    const first = constants.get(key);
    if (first) sameAs.set(constant.value, first.value);
    else constants.set(key, constant);
  }

  const calls = new Map<string, Call>();
  for (const call of program.calls) {
    const inputs = mapValues(call.inputs, resolve);
    const key = JSON.stringify([call.kernel, inputs, sortedEntries(call.attributes)]);
    const first = calls.get(key);
    if (first) call.outputs.forEach((output, i) => sameAs.set(output, first.outputs[i]));
    else calls.set(key, { ...call, inputs });
  }

  const outputs = program.outputs.map(({ name, value }) => ({ name, value: resolve(value) }));
  return { ...program, constants: [...constants.values()], calls: [...calls.values()], outputs };
}

/** Keeps only the calls, constants and inputs that an output depends on. */
export function removeDeadCalls(program: Program): Program {
  const needed = new Set(program.outputs.map((output) => output.value));
  const kept: Call[] = [];
  for (const call of program.calls.toReversed()) {
    if (!call.outputs.some((output) => needed.has(output))) continue;
    kept.push(call);
    for (const input of Object.values(call.inputs)) needed.add(input);
  }
  const constants = program.constants.filter((constant) => needed.has(constant.value));
  const inputs = program.inputs.filter((input) => needed.has(input.value));
  return { ...program, inputs, constants, calls: kept.toReversed() };
}

function renumber(program: Program): Program {
  const numbers = new Map<number, number>();
  const values: ValueSpec[] = [];
  const number = (old: number): number => {
    let id = numbers.get(old);
    if (id === undefined) {
      id = values.push(program.values[old]) - 1;
      numbers.set(old, id);
    }
    return id;
  };
  const port = <T extends Port>(given: T): T => ({ ...given, value: number(given.value) });
  const inputs = program.inputs.map(port);
  const constants = program.constants.map(({ value, data }) => ({ value: number(value), data }));
  const calls = program.calls.map((call) => ({
    ...call,
    inputs: mapValues(call.inputs, number),
    outputs: call.outputs.map(number),
  }));
  return { values, inputs, constants, calls, outputs: program.outputs.map(port) };
}

function mapValues(
  inputs: Readonly<Record<string, number>>,
  map: (value: number) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, map(value)]));
}

function sortedEntries(attributes: Call["attributes"]): [string, unknown][] {
  // Non-finite attributes must stay distinguishable in the JSON key.
  return Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => [key, typeof value === "number" ? String(value) : value]);
}
