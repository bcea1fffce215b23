// What is wrong with a config, in sentences that name the field, the value and what is allowed.
import { z } from "zod";
import { nearest } from "./nearest.ts";

/** The objects that a field may hold, by its name; "" is the config itself. */
export type Variants = Readonly<
  Record<string, readonly { readonly shape: Readonly<Record<string, unknown>> }[]>
>;

export function faultSentence(issue: z.core.$ZodIssue, variants: Variants): string {
  const field = issue.path.join(".");
  if (issue.code === "unrecognized_keys") return unknownFields(issue, variants);
  if (issue.code === "invalid_union" && issue.inclusive !== false && issue.discriminator !== undefined)
    return unknownKind(field, issue.options ?? [], issue.input);
  const given =
    issue.code !== "custom" && issue.path.length > 0 ? `, not ${JSON.stringify(issue.input)}` : "";
  return `${field ? `config field ${field}: ` : "config: "}${issue.message}${given}`;
}

/** Suggests fields of the kind that is meant, where the object says which. */
function unknownFields({ path, keys, input }: z.core.$ZodIssueUnrecognizedKeys, all: Variants): string {
  const { kind } = input as { readonly kind?: unknown };
  const variants = all[String(path.at(-1) ?? "")] ?? [];
  const meant = variants.filter(({ shape }) => kind !== undefined && accepts(shape["kind"], kind));
  const fields = (meant.length > 0 ? meant : variants).flatMap(({ shape }) => Object.keys(shape));
  const known = keys.map((key) => `"${key}" (did you mean ${nearest(key, fields)}?)`);
  const where = path.length > 0 ? `config field ${path.join(".")}` : "config";
  return `${where}: there is no field ${known.join(" nor ")}${meant.length > 0 ? ` in ${String(kind)}` : ""}`;
}

function accepts(kindSchema: unknown, kind: unknown): boolean {
  return kindSchema instanceof z.ZodType && kindSchema.safeParse(kind).success;
}

function unknownKind(field: string, options: readonly unknown[], input: unknown): string {
  const { kind } = input as { readonly kind?: unknown };
  const names = options.filter((option) => typeof option === "string");
  return `config field ${field}: choose one of ${names.join(", ")}, not ${JSON.stringify(kind)}`;
}
