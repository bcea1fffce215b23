// From flags to the config fields that they set, and back.
import type { RunConfig, RunConfigInput } from "../../shared/config/config.ts";
import { isObject } from "../../shared/is-object.ts";
import { CONFIG_FLAGS, type ConfigFlags } from "./config-flags.ts";
import type { ConfigFlag } from "./tables/config-flag.ts";

/** The flags that are given, each with its row and its value as a config keeps it. */
export function givenFlags(
  flags: ConfigFlags,
): { readonly name: string; readonly flag: ConfigFlag; readonly value: unknown }[] {
  return Object.entries<ConfigFlag>(CONFIG_FLAGS).flatMap(([name, flag]) => {
    const given = flags[name as keyof ConfigFlags];
    if (given === undefined) return [];
    return { name, flag, value: flag.keep && typeof given === "string" ? flag.keep(given) : given };
  });
}

type Fields = Record<string, unknown>;

/** The given flags, or those that are wanted, as a part of a config: `{"optimizer": {"clip": {"kind": "norm", "norm": 1}}}` */
export function fieldsOf(
  flags: ConfigFlags,
  isWanted: (flag: ConfigFlag) => boolean = () => true,
): Partial<RunConfigInput> {
  const fields: Fields = {};
  for (const { flag, value } of givenFlags(flags)) {
    if (flag.path === undefined || !isWanted(flag)) continue;
    const parents = flag.path.split(".");
    const field = parents.pop()!;
    const parent = parents.reduce((at, name) => (at[name] ??= {}) as Fields, fields);
    Object.assign(parent, { ...(flag.kind !== undefined && { kind: flag.kind }), [field]: value });
  }
  return fields;
}

/** What the flag would have to say to change nothing; undefined where no value of it is the config's. */
export function valueIn(config: RunConfig, { path, argument }: ConfigFlag): unknown {
  if (path === undefined) return undefined;
  // A network without an optimizer of its own has the one of all.
  const value = fieldAt(config, path) ?? fieldAt(config, path.replace(/^optimizers\.\w+/, "optimizer"));
  return argument === undefined ? (value ?? false) : value;
}

function fieldAt(config: object, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, name) => (isObject(at) ? (at as Fields)[name] : undefined), config);
}
