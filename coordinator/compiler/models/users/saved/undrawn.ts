// A network whose weights come from a checkpoint need not draw them, which tfjs takes minutes for where it is orthogonal.
import { isObject } from "../../../../../shared/is-object.ts";

/** A copy of the topology in which zeros stand where orthogonal kernels would be drawn. */
export function undrawn<T>(topology: T): T {
  return zeroed(topology) as T;
}

function zeroed(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(zeroed);
  if (!isObject(part)) return part;
  const { class_name: className } = part as { readonly class_name?: unknown };
  if (className === "Orthogonal") return { ...part, class_name: "Zeros", config: {} };
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, zeroed(value)]));
}
