// docs/config.md: every field of a run's config, from the schema that checks it and the table of flags.
import { z } from "zod";
import { CONFIG_FLAGS } from "../../deploy/flags/config-flags.ts";
import { longFlag } from "../../deploy/flags/flag.ts";
import type { ConfigFlag } from "../../deploy/flags/tables/config-flag.ts";
import { configSchema, parseConfig } from "../../shared/config/config.ts";

/** What a JSON schema says of a value. */
interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly oneOf?: readonly Shape[];
  readonly anyOf?: readonly Shape[];
  readonly items?: Shape | false;
  readonly prefixItems?: readonly Shape[];
  readonly required?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
}

export interface FieldRow {
  /** Dotted. */
  readonly path: string;
  /** The kinds of its object that have it; empty where all do. */
  readonly kinds: readonly string[];
  readonly values: string;
  readonly usual: string;
  /** Unit and reason; undefined where the schema has none. */
  readonly description: string | undefined;
  readonly flags: readonly string[];
}

/** Of every field, in the schema's order. */
export function configFields(): FieldRow[] {
  const { properties = {} } = z.toJSONSchema(configSchema, { io: "output", unrepresentable: "any" }) as Shape;
  return Object.entries(properties).flatMap(([name, shape]) => rowsOf(name, shape, properties));
}

export function configPage(): string {
  const rows = configFields().map(({ path, kinds, values, usual, description = "", flags }) => [
    `\`${path}\`${kinds.length > 0 ? ` (${kinds.join(", ")})` : ""}`,
    values,
    usual,
    description,
    flags.map((flag) => `\`${flag}\``).join(", "),
  ]);
  return [HEAD, table([["field", "values", "default", "what it is", "flag"], ...rows]), FOOT].join("\n");
}

function rowsOf(path: string, shape: Shape, top: Readonly<Record<string, Shape>>): FieldRow[] {
  const own = path.startsWith("optimizers.") ? { oneOf: undefined } : { oneOf: shape.oneOf };
  if (own.oneOf) return [kindRow(path, shape), ...variantRows(path, own.oneOf, top)];
  if (shape.properties && path !== "history")
    return Object.entries(shape.properties).flatMap(([name, inner]) => rowsOf(`${path}.${name}`, inner, top));
  return [rowOf(path, shape)];
}

/** Fields that mean the same in several kinds are one row. */
function variantRows(
  path: string,
  variants: readonly Shape[],
  top: Readonly<Record<string, Shape>>,
): FieldRow[] {
  const kindsOf = new Map<string, { row: FieldRow; kinds: string[] }>();
  for (const { properties = {} } of variants) {
    const { kind, ...fields } = properties;
    for (const [name, inner] of Object.entries(fields))
      for (const row of rowsOf(`${path}.${name}`, inner, top)) {
        const key = JSON.stringify(row);
        const known = kindsOf.get(key) ?? { row, kinds: [] };
        kindsOf.set(key, known);
        known.kinds.push(String(kind.const));
      }
  }
  const inAll = (kinds: readonly string[]): boolean => kinds.length === variants.length;
  return [...kindsOf.values()].map(({ row, kinds }) =>
    row.kinds.length > 0 || inAll(kinds) ? row : { ...row, kinds },
  );
}

function kindRow(path: string, { oneOf = [], description }: Shape): FieldRow {
  const kinds = oneOf.map(({ properties = {} }) => String(properties["kind"].const));
  const usual = REQUIRED.has(path) ? "none: it must be given, and every preset does" : usualOf(`${path}.kind`);
  return { path: `${path}.kind`, kinds: [], values: choices(kinds), usual, description, flags: flagsOf(`${path}.kind`) };
} // prettier-ignore

function rowOf(path: string, shape: Shape): FieldRow {
  const { description, default: usual } = shape;
  const isOptimizer = path.startsWith("optimizers.");
  return {
    path,
    kinds: [],
    values: isOptimizer ? "the fields of `optimizer`" : valuesOf(shape),
    usual: isOptimizer ? "what `optimizer` has" : usual === undefined ? "" : `\`${JSON.stringify(usual)}\``,
    description,
    flags: flagsOf(path),
  };
}

function valuesOf(shape: Shape): string {
  const either = shape.anyOf ?? shape.oneOf;
  if (either) return either.map(valuesOf).join(", or ");
  if (shape.enum) return choices(shape.enum);
  if (shape.const !== undefined) return choices([shape.const]);
  if (shape.prefixItems) return `a list of ${shape.prefixItems.map(valuesOf).join(" and ")}`;
  switch (shape.type) {
    case "integer":
    case "number":
      return `${shape.type === "integer" ? "whole number" : "number"}${rangeOf(shape)}`;
    case "array":
      return "a list";
    case "boolean":
      return "`true`, `false`";
    case "string":
      return shape.pattern === undefined ? "text" : `text as \`${shape.pattern}\``;
    case "null":
      return "`null`";
    default:
      return "any";
  }
}

function rangeOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Shape): string {
  const isWhole = type === "integer";
  const least = isWhole && exclusiveMinimum !== undefined ? exclusiveMinimum + 1 : minimum;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? "" : ` to ${maximum}`;
  const below = exclusiveMaximum === undefined ? most : `${least === undefined ? "," : " to"} less than ${exclusiveMaximum}`;
  return `${least === undefined ? ` above ${exclusiveMinimum ?? "-∞"}` : ` from ${least}`}${below}`;
} // prettier-ignore

function choices(values: readonly unknown[]): string {
  return values.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
}

/** The fields that have no default: whatever starts a run gives them. */
const REQUIRED = new Set(["model", "length"]);
const LEAST = { model: { kind: "preset", name: "digits" }, length: { kind: "steps", steps: 1 } };

function usualOf(path: string): string {
  const value = path
    .split(".")
    .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], parseConfig(LEAST));
  return `\`${JSON.stringify(value)}\``;
}

/** A flag that turns one field of a network's own optimizer stands at that network. */
function flagsOf(path: string): string[] {
  return Object.entries<ConfigFlag>(CONFIG_FLAGS)
    .filter(
      ([, { path: own }]) => own === path || (path.startsWith("optimizers.") && own?.startsWith(`${path}.`)),
    )
    .map(([name]) => longFlag(name));
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`; // prettier-ignore
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const HEAD = `# The config of a run

Every run's folder has a \`config.json\` with all of these fields: it decides the weights, together with the data and the networks. The same fields may stand in a file that \`--config\` names, as many as you like; what it leaves out comes from the preset, and flags go before the file. \`ganglion train … --dry-run\` prints the config that a command line makes.

A field behind a dot is inside an object: \`optimizer.beta1\` is written \`{"optimizer": {"beta1": 0.5}}\`. An object with a \`kind\` has the fields of that kind alone, which stands behind the field where not every kind has it. The defaults are those without a preset; presets have others (\`ganglion train --preset dcgan --dry-run\`).
`;

const FOOT = `
This page is made from the schema by \`tests/unit/shared/config/config-page.test.ts\`, which fails where it is out of date.
`;
