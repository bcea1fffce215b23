// The first thing that is wrong with the arguments of a layer or of another object of tfjs.
import { identifierFault, knownObject } from "./identifiers.ts";
import type { Known, Rule } from "./rule.ts";
import { type Spelling, suggestion } from "./suggestion.ts";
import { valueText } from "./value-text.ts";

export type Arguments = Readonly<Record<string, unknown>>;

const IN_MODULE: Spelling = { place: "module", write: (word) => word };

/**
 * Says in words that follow the name of the layer what is wrong, with the argument, its value and the remedy; null
 * where all is well. What is undefined counts as absent, and so does null where tfjs knows the name.
 */
export function faultIn(known: Known, args: Arguments, spelling = IN_MODULE): string | null {
  return unknownFault(known, args, spelling) ?? valueFault(known, args, spelling);
}

function unknownFault({ rules, added = {} }: Known, args: Arguments, spelling: Spelling): string | null {
  const isKnown = (key: string): boolean =>
    Object.hasOwn(rules, key) || (Object.hasOwn(added, key) && added[key] === args[key]);
  const name = Object.keys(args).find((key) => args[key] !== undefined && !isKnown(key));
  return name === undefined ? null : unknownArgument(name, args[name], Object.keys(rules), spelling);
}

/** The words for an argument that is none of `names`. */
export function unknownArgument(
  name: string,
  value: unknown,
  names: readonly string[],
  spelling = IN_MODULE,
): string {
  return `has no argument ${name} (given ${valueText(value)}): ${suggestion(name, names, spelling)}`;
}

function valueFault({ rules, conflict }: Known, args: Arguments, spelling: Spelling): string | null {
  for (const [name, rule] of Object.entries(rules)) {
    const value = args[name] ?? undefined;
    const must = value === undefined ? missing(rule) : misfit(rule, value);
    if (must === null) continue;
    const written = typeof value === "string" ? spelling.write(value) : value;
    return value === undefined
      ? `lacks ${spelling.write(name)}: ${must}`
      : `is given ${spelling.write(name)} ${valueText(written)}: ${must}`;
  }
  return conflict?.(args) ?? null;
}

function missing(rule: Rule): string | null {
  if (!rule.required) return null;
  return rule.kind === "value" ? `give ${rule.must}` : 'give its name, such as "relu"';
}

function misfit(rule: Rule, value: unknown): string | null {
  if (rule.kind === "value") return rule.fits(value) ? null : `it must be ${rule.must}`;
  return configFault(rule.family, value) ?? identifierFault(rule.family, value);
}

/** tfjs also takes `{ className, config }` for an object. */
function configFault(family: Parameters<typeof knownObject>[0], value: unknown): string | null {
  const { className, config } = (value ?? {}) as { readonly className?: unknown; readonly config?: unknown };
  const known = knownObject(family, className);
  if (known === undefined || typeof config !== "object" || config === null) return null;
  const args = config as Arguments;
  const lost = known.lostZeros?.find((name) => args[name] === 0);
  const fault =
    lost === undefined ? faultIn(known, args) : `loses ${lost} 0 in tfjs: make it with tf.${family}s`;
  return fault === null ? null : `${known.className} ${fault}`;
}
