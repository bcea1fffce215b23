// What is wrong with a cluster file, in sentences: the field, the value, the remedy.
import { z } from "zod";
import { isObject } from "../../../shared/is-object.ts";
import { editDistance, nearest } from "../../../shared/config/nearest.ts";

/** One sentence a mistake. `schema` is the one that refused; the issues must have been reported with their input. */
export function sentencesOf({ issues }: z.ZodError, schema: z.ZodType): string[] {
  return issues.map((issue) => sentenceOf(issue, schema));
}

function sentenceOf(issue: z.core.$ZodIssue, schema: z.ZodType): string {
  const path = issue.path.join(".");
  switch (issue.code) {
    case "unrecognized_keys":
      return `${path && `${path}: `}${missing("field", issue.keys, fieldsOf(schemaAt(schema, issue.path), issue.input))}`;
    case "invalid_key":
      return `${path}: write letters, digits and _ as the name of a variable`;
    default: {
      if (issue.code === "custom" && issue.params?.["isSentence"]) return `${path}: ${issue.message}`;
      const value = valueOf(issue);
      if (path === "" && issue.input === null) return `it is empty: ${LEAST}`;
      if (path === "") return `${value} is no cluster: ${LEAST}`;
      return value === undefined
        ? `${path} is missing: ${issue.message}`
        : `${path} is ${value}: ${issue.message}`;
    }
  }
}

/** For an issue whose message names the value itself. */
export const SENTENCE = { code: "custom", params: { isSentence: true } } as const;

/** About as it stands in the file; undefined where there is none. */
function valueOf(issue: z.core.$ZodIssue): string | undefined {
  const input: unknown =
    issue.code === "invalid_union" && issue.discriminator !== undefined && isObject(issue.input)
      ? (issue.input as Record<string, unknown>)[issue.discriminator]
      : issue.input;
  const text = JSON.stringify(input) as string | undefined;
  return text !== undefined && text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

const LONGEST = 60;

const LEAST = "write at least hosts, e.g. hosts: [{ name: here }]";

/** Suggests the nearest name where one is near, and else lists them all. */
export function missing(what: "field" | "flag", names: readonly string[], known: readonly string[]): string {
  const guesses = names.map((name) => {
    const near = nearest(name, known);
    const isNear = editDistance(name.toLowerCase(), near.toLowerCase()) <= Math.max(2, name.length / 3);
    return `"${name}" (${isNear ? `did you mean ${near}?` : `there are ${known.join(", ")}`})`;
  });
  return `there is no ${what} ${guesses.join(" nor ")}`;
}

/** The names of an object's fields; of a union's, those of the kind that was meant. */
function fieldsOf(schema: z.core.$ZodType, input: unknown): string[] {
  const bare = unwrapped(schema);
  if (bare instanceof z.ZodObject) return Object.keys(bare.shape);
  if (!(bare instanceof z.ZodDiscriminatedUnion)) return [];
  const kind = isObject(input) && "kind" in input ? input.kind : undefined;
  const meant = bare.options.find(
    (option) => option instanceof z.ZodObject && (option.shape["kind"] as z.ZodLiteral).value === kind,
  );
  return meant ? fieldsOf(meant, input) : [];
}

function schemaAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType {
  const [step, ...rest] = path;
  const bare = unwrapped(schema);
  if (step === undefined) return bare;
  if (bare instanceof z.ZodArray) return schemaAt(bare.element, rest);
  if (bare instanceof z.ZodObject) return schemaAt(bare.shape[String(step)], rest);
  return bare;
}

/** Without defaults and preprocessing. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional)
    return unwrapped(schema.unwrap());
  return schema instanceof z.ZodPipe ? unwrapped(schema.out) : schema;
}
