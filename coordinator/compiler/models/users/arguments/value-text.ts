// A value of a user's as a sentence shows it.

const LONGEST = 60;

/** JSON where there is a short one, else what kind of thing it is. */
export function valueText(value: unknown, depth = 0): string {
  if (typeof value === "function") return value.name === "" ? "a function" : `the function ${value.name}`;
  if (typeof value === "string") return shortened(JSON.stringify(value));
  if (typeof value !== "object" || value === null) return String(value);
  const kind = (value.constructor as { readonly name: string } | undefined)?.name ?? "Object";
  if (kind !== "Object" && !Array.isArray(value)) return `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;
  if (depth === 3) return "…";
  if (Array.isArray(value)) return shortened(`[${value.map((one) => valueText(one, depth + 1)).join(", ")}]`);
  const fields = Object.entries(value).map(([key, field]) => `${key}: ${valueText(field, depth + 1)}`);
  return shortened(fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`);
}

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}
