// A recorded change of a run's config: the fields that it gave another value, and from which step on.
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { isObject } from "../../is-object.ts";

export const changeSchema = z.strictObject({
  step: z.int().positive().describe("steps made before it: the step of this number is the first with it"),
  change: z
    .record(z.string(), z.unknown())
    .describe("the config fields that it gave another value; null takes an optional one away"),
});
export type Change = z.infer<typeof changeSchema>;

export type Fields = Readonly<Record<string, unknown>>;

/**
 * `change` over `base`, object by object. An object of another `kind` replaces the whole one, since its fields are
 * others; null takes a field away.
 */
export function merged(base: Fields, change: Fields): Fields {
  const result: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(change)) {
    const before = base[name];
    if (value === null) delete result[name];
    else result[name] = isFields(before) && isPartOf(before, value) ? merged(before, value) : value;
  }
  return result;
}

/** The least change with which `merged` makes `after` of `before`; {} where they are equal. */
export function changeBetween(before: Fields, after: Fields): Fields {
  const result: Record<string, unknown> = {};
  for (const name of Object.keys({ ...before, ...after })) {
    const [old, value] = [before[name], after[name]];
    if (isDeepStrictEqual(old, value)) continue;
    if (value === undefined) result[name] = null;
    else if (isFields(old) && isFields(value) && old["kind"] === value["kind"])
      result[name] = changeBetween(old, value);
    else result[name] = value;
  }
  return result;
}

/** A value that differs, and the dotted path to it. */
export interface Difference {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Every single value that differs. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (!isFields(before) || !isFields(after)) return [{ path, before, after }];
  return Object.keys({ ...before, ...after }).flatMap((name) =>
    differences(before[name], after[name], path === "" ? name : `${path}.${name}`),
  );
}

/** Whether it names single fields of that object, and is not another one, as a number's whole course over time is. */
function isPartOf(whole: Fields, change: unknown): change is Fields {
  if (!isFields(change) || !("kind" in change)) return isFields(change);
  return change["kind"] === whole["kind"] && !("from" in change && "to" in change);
}

function isFields(value: unknown): value is Fields {
  return isObject(value);
}
