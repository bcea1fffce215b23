// What in a module's code means another thing where the code lies elsewhere.
import { isObject } from "../../../../../shared/is-object.ts";

export interface PlaceDependence {
  /** As it is written. */
  readonly text: string;
  /** Characters from the start. */
  readonly at: number;
  /** The rest of a sentence, behind its text. */
  readonly why: string;
}

type Node = Readonly<Record<string, unknown>>;

const PLACE = "which is another place in a copy";
const UNKNOWN = "whose file is known only as the module runs";

/** The first in an ES module's code; null where there is none. What stands in comments and strings is no code. */
export async function findPlaceDependence(code: string): Promise<PlaceDependence | null> {
  const { parseAst } = await import("rolldown/parseAst");
  const waiting: unknown[] = [parseAst(code)];
  let first: PlaceDependence | null = null;
  while (waiting.length > 0) {
    const node = waiting.pop();
    if (Array.isArray(node)) waiting.push(...(node as unknown[]));
    if (!isObject(node) || Array.isArray(node)) continue;
    const why = dependenceOf(node as Node);
    const { start, end } = node as { readonly start?: unknown; readonly end?: unknown };
    if (why !== null && typeof start === "number" && (first === null || start < first.at))
      first = { text: shortened(code.slice(start, Number(end))), at: start, why };
    waiting.push(...childrenOf(node as Node));
  }
  return first;
}

function dependenceOf(node: Node): string | null {
  switch (node["type"]) {
    case "MemberExpression":
      return isMeta(node["object"]) ? PLACE : null;
    case "ImportExpression":
      return isLiteral(node["source"]) ? null : UNKNOWN;
    case "CallExpression":
      return isRequire(node["callee"]) && !isLiteral((node["arguments"] as unknown[])[0]) ? UNKNOWN : null;
    case "Identifier":
      return node["name"] === "__dirname" || node["name"] === "__filename" ? PLACE : null;
    default:
      return null;
  }
}

/** The names of properties are no variables. */
function childrenOf(node: Node): unknown[] {
  const { type, computed } = node;
  const isRuntime = type === "VariableDeclarator" && nameOf(node["id"]) === "__require"; // the bundler's own, for what Node brings
  if (isRuntime) return [];
  const name = computed === true ? null : type === "MemberExpression" ? "property" : type === "Property" ? "key" : null; // prettier-ignore
  return Object.entries(node).flatMap(([key, child]) => (key === name ? [] : [child]));
}

function isMeta(node: unknown): boolean {
  return isObject(node) && (node as Node)["type"] === "MetaProperty" && nameOf((node as Node)["meta"]) === "import"; // prettier-ignore
}

function isRequire(node: unknown): boolean {
  const name = nameOf(node);
  return name === "require" || name === "__require";
}

function isLiteral(node: unknown): boolean {
  if (!isObject(node)) return false;
  const { type, value } = node as Node;
  return type === "Literal" && typeof value === "string";
}

function nameOf(node: unknown): unknown {
  return isObject(node) ? (node as Node)["name"] : undefined;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}
