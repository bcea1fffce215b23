// What is wrong with a config, in sentences that name the field, the value and what is allowed.
import { z } from "zod";
import { nearest } from "./nearest.ts";

/** The objects that a field may hold, by its name; "" is the config itself, `ramp` what a number may be too. */
export type Variants = Readonly<
  Record<string, readonly { readonly shape: Readonly<Record<string, unknown>> }[]>
>;

export function faultSentence(issue: z.core.$ZodIssue, variants: Variants): string {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") return unknownFields(issue, variants);
  if (issue.code === "invalid_union" && issue.inclusive !== false && issue.discriminator !== undefined)
    return unknownKind(field, issue.options ?? [], issue.input);
  const inner = issue.code === "invalid_union" ? meantIssues(issue) : null;
  if (inner) return inner.map((one) => faultSentence(one, variants)).join("; ");
  const given =
    issue.code !== "custom" && issue.path.length > 0 ? `, not ${JSON.stringify(issue.input)}` : "";
  return `${field ? `config field ${field}: ` : "config: "}${outOfRange(issue) ?? issue.message}${given}`;
}

/** What a number may be; null for other mistakes. */
function outOfRange(issue: z.core.$ZodIssue): string | null {
  if (issue.code !== "too_small" && issue.code !== "too_big") return null;
  if (issue.origin !== "number" && issue.origin !== "int") return null;
  const give = issue.origin === "int" ? "give a whole number" : "give a number";
  if (issue.code === "too_small")
    return `${give} ${issue.inclusive ? "from" : "greater than"} ${issue.minimum}`;
  return `${give} ${issue.inclusive ? "of at most" : "less than"} ${issue.maximum}`;
}

/** What is wrong with the one of several schemas that is for what was given, a number or an object; else null. */
function meantIssues({ path, errors }: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | null {
  const isOther = ({ code, path: at }: z.core.$ZodIssue): boolean =>
    (code === "invalid_type" || code === "invalid_value") && at.length === 0;
  const meant = errors.filter((issues) => !issues.some(isOther));
  if (meant.length !== 1) return null;
  return meant[0].map((issue) => ({ ...issue, path: [...path, ...issue.path] }));
}

/** Suggests fields of the kind that is meant, where the object says which; also those inside of other fields. */
function unknownFields({ path, keys, input }: z.core.$ZodIssueUnrecognizedKeys, all: Variants): string {
  const { kind } = input as { readonly kind?: unknown };
  const names = path.filter((one) => typeof one === "string"); // of a list's objects, the list's
  const variants = all[names.at(-1) ?? ""] ?? heldBy(names, all);
  const meant = variants.filter(({ shape }) => kind !== undefined && accepts(shape["kind"], kind));
  const places = placesIn(meant.length > 0 ? meant : variants, all);
  const known = keys.map((key) => `"${key}" (did you mean ${places.get(nearest(key, [...places.keys()]))}?)`);
  const where = path.length > 0 ? `config field ${path.join(".")}` : "config";
  return `${where}: there is no field ${known.join(" nor ")}${meant.length > 0 ? ` in ${String(kind)}` : ""}`;
}

/** Of a field that may be a number, what it may be besides; of what users have named, what holds it. */
function heldBy(names: readonly string[], all: Variants): Variants[string] {
  const holder = all[names.at(-2) ?? ""] ?? [];
  const isField = holder.some(({ shape }) => Object.hasOwn(shape, names.at(-1) ?? ""));
  return isField ? (all["ramp"] ?? []) : holder;
}

/** The field that each name stands for, nearest the top: `clip` for clip, `optimizer.learningRate` for learningRate. */
function placesIn(variants: Variants[string], all: Variants): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  let level = fieldsOf(variants).map((name) => ({ name, place: name }));
  while (level.length > 0) {
    const added = level.filter(({ name }) => !places.has(name));
    for (const { name, place } of added) if (!places.has(name)) places.set(name, place);
    level = added.flatMap(({ name: outer, place }) =>
      fieldsOf(all[outer] ?? [])
        .filter((name) => name !== "kind") // of which object, a name alone does not say
        .map((name) => ({ name, place: `${place}.${name}` })),
    );
  }
  return places;
}

function fieldsOf(variants: Variants[string]): string[] {
  return variants.flatMap(({ shape }) => Object.keys(shape));
}

function accepts(kindSchema: unknown, kind: unknown): boolean {
  return kindSchema instanceof z.ZodType && kindSchema.safeParse(kind).success;
}

function unknownKind(field: string, options: readonly unknown[], input: unknown): string {
  const { kind } = input as { readonly kind?: unknown };
  const names = options.filter((option) => typeof option === "string");
  return `config field ${field}: choose one of ${names.join(", ")}, not ${JSON.stringify(kind)}`;
}
