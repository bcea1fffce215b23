// Whether two traces of one step are the same step, and where they are not.
import type { Call, Constant, ConstantData, Program } from "../../../shared/program/program.ts";

/**
 * The first difference between two optimized programs, in words; null where there is none. Names of layers may differ: a
 * layer that is made in another's `call` gets a new one each time. Numbers of values may differ too.
 */
export function differenceOf(first: Program, second: Program): string | null {
  const inputs = differentList("input", namesOf(first.inputs), namesOf(second.inputs));
  if (inputs !== null) return inputs;
  const comparison = new Comparison(first, second);
  for (const [i, call] of first.calls.entries()) {
    const difference = comparison.compareCalls(call, second.calls.at(i));
    if (difference !== null) return difference;
  }
  const extra = second.calls.at(first.calls.length);
  if (extra) return `${placeOf(extra)} is called the second time only`;
  const outputs = differentList("output", namesOf(first.outputs), namesOf(second.outputs));
  if (outputs !== null) return outputs;
  for (const [i, { name, value }] of first.outputs.entries()) {
    const difference = comparison.compareValues(`output ${name}`, value, second.outputs[i].value);
    if (difference !== null) return difference;
  }
  return null;
}

/** Values correspond where they are the same input, the same result of a call, or equal constants. */
class Comparison {
  readonly #first: Program;
  readonly #second: Program;
  readonly #constants: readonly ReadonlyMap<number, Constant>[];
  readonly #partners = new Map<number, number>();

  constructor(first: Program, second: Program) {
    this.#first = first;
    this.#second = second;
    this.#constants = [first, second].map(
      ({ constants }) => new Map(constants.map((constant) => [constant.value, constant])),
    );
    for (const [i, { value }] of first.inputs.entries()) this.#partners.set(value, second.inputs[i].value);
  }

  compareCalls(one: Call, other: Call | undefined): string | null {
    if (!other) return `${placeOf(one)} is called the first time only`;
    if (one.kernel !== other.kernel) return `${placeOf(one)}, and then ${placeOf(other)}`;
    const place = placeOf(one);
    const names = differentList("operand", Object.keys(one.inputs), Object.keys(other.inputs));
    if (names !== null) return `${place}: ${names}`;
    for (const [name, value] of Object.entries(one.inputs)) {
      const difference = this.compareValues(place, value, other.inputs[name]);
      if (difference !== null) return difference;
    }
    for (const name of new Set([...Object.keys(one.attributes), ...Object.keys(other.attributes)])) {
      const [before, after] = [one, other].map(({ attributes }) => text(attributes[name]));
      if (before !== after) return `${place} has ${name} ${before}, and then ${after}`;
    }
    for (const [i, value] of one.outputs.entries()) this.#partners.set(value, other.outputs[i]);
    return null;
  }

  compareValues(place: string, one: number, other: number): string | null {
    const [before, after] = [this.#first.values[one], this.#second.values[other]];
    if (text(before) !== text(after))
      return `${place} is given ${before.dtype} [${before.shape.join(", ")}], and then ${after.dtype} [${after.shape.join(", ")}]`;
    const [known, again] = [this.#constants[0].get(one), this.#constants[1].get(other)];
    if (!known || !again)
      return this.#partners.get(one) === other ? null : `${place} is given another value the second time`;
    const [element, now] = firstDifference(known.data, again.data) ?? [0, 0];
    return Object.is(element, now) ? null : `${place} computes with ${element}, and then with ${now}`;
  }
}

/** Of constants of one shape, one stored element standing for all; null where there is none. Bytes first: most are equal. */
function firstDifference(one: ConstantData, other: ConstantData): readonly [number, number] | null {
  if (bytesOf(one).equals(bytesOf(other))) return null;
  const size = Math.max(one.length, other.length);
  for (let i = 0; i < size; i++) {
    const element = one[one.length === 1 ? 0 : i];
    const now = other[other.length === 1 ? 0 : i];
    if (!Object.is(element, now)) return [element, now];
  }
  return null;
}

function bytesOf({ buffer, byteOffset, byteLength }: ConstantData): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function namesOf(ports: readonly { readonly name: string }[]): string[] {
  return ports.map(({ name }) => name);
}

function differentList(what: string, before: readonly string[], after: readonly string[]): string | null {
  if (before.join() === after.join()) return null;
  const odd = before.find((name) => !after.includes(name)) ?? after.find((name) => !before.includes(name));
  return odd === undefined ? `other ${what}s the second time` : `${what} ${odd} is there one time only`;
}

function placeOf({ kernel, origin }: Call): string {
  return `kernel ${kernel}${origin && ` in ${origin}`}`;
}

function text(value: unknown): string {
  return typeof value === "number" ? String(value) : JSON.stringify(value); // JSON has no NaN, no infinities
}
