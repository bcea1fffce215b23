// Whether a value from outside is an object with fields.

/** An object, and neither null nor an array. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
