// Flags beside --resume: they may repeat what the run has, as when a command line is run again, but not change it.
import { isDeepStrictEqual } from "node:util";
import type { RunConfig, RunConfigInput } from "../../shared/config/config.ts";
import { whyFixed } from "../../shared/config/history/fixed-fields.ts";
import { GanglionError } from "../../shared/errors.ts";
import { isObject } from "../../shared/is-object.ts";
import { fieldsOf, givenFlags, valueIn } from "./config-fields.ts";
import type { ConfigFlags } from "./config-flags.ts";
import { mergeConfig, readConfigFile } from "./config-from-flags.ts";
import { longFlag } from "./flag.ts";
import { withFilters } from "./preset-choices.ts";

/**
 * Refuses flags that would make a resumed run another run.
 *
 * @throws GanglionError USAGE naming the first, its value and the run's; CONFIG where a config file cannot be read
 */
export async function checkFixedFlags(flags: ConfigFlags, run: RunConfig): Promise<void> {
  for (const { name, flag, value } of givenFlags(flags)) {
    if (flag.path === undefined || flag.onResume === "changes") continue;
    const own = valueIn(withFilters(run), flag); // a record of an older version does not say them
    const isCompared = flag.onResume === "moves" && own !== undefined; // by programs or fingerprints, wherever it lies now
    if (!isCompared && !isDeepStrictEqual(value, own))
      throw cannotChange(longFlag(name), { path: flag.path, field: longFlag(name).slice(2) }, own, value);
  }
  if (flags.config !== undefined) await checkFile(flags, flags.config, run);
}

/** Where flags say that a resumed run's data and module lie now. */
export function movedFieldsOf(flags: ConfigFlags): Partial<Pick<RunConfig, "data" | "model">> {
  return fieldsOf(flags, ({ onResume }) => onResume === "moves") as Partial<RunConfig>;
}

/** The config fields that flags give a resumed run anew: its length, and where its data and module lie now. */
function newFieldsOf(flags: ConfigFlags): Partial<RunConfigInput> {
  return fieldsOf(flags, ({ onResume }) => onResume !== undefined);
}

/** The fields that a file names must change nothing of the run's, as far as flags do not go before them. */
async function checkFile(flags: ConfigFlags, file: string, run: RunConfig): Promise<void> {
  const own = withFilters(run);
  const content = await readConfigFile(file);
  const named = Object.keys(content) as (keyof RunConfig)[];
  const again = mergeConfig(own, content, flags);
  const replaced = newFieldsOf(flags);
  for (const name of named) {
    if (name in replaced || isDeepStrictEqual(again[name], own[name])) continue;
    const { path, before, after } = firstDifference(name, own[name], again[name]);
    throw cannotChange(`${path} of --config ${file}`, { path, field: path }, before, after);
  }
}

/** Down to the field that differs. */
export function firstDifference(
  path: string,
  before: unknown,
  after: unknown,
): { readonly path: string; readonly before: unknown; readonly after: unknown } {
  if (!isObject(before) || !isObject(after)) return { path, before, after };
  const [ours, theirs] = [before, after] as Record<string, unknown>[];
  const name = Object.keys({ ...ours, ...theirs }).find((key) => !isDeepStrictEqual(ours[key], theirs[key]))!;
  return firstDifference(path === "" ? name : `${path}.${name}`, ours[name], theirs[name]);
}

function cannotChange(
  what: string,
  { path, field }: { readonly path: string; readonly field: string },
  before: unknown,
  after: unknown,
): GanglionError {
  const isOneWord = typeof after === "number" || typeof after === "string" || typeof after === "boolean";
  const value = isOneWord ? String(after) : "VALUE";
  const isOtherKind = before === undefined && /^(model|networks)\b/.test(path); // a file for networks that came from none
  const remedy =
    whyFixed(path) === null && !isOtherKind
      ? `change it from here on with --change ${field}=${value}`
      : "start a new run from this one's weights with --from RUN";
  return new GanglionError(
    "USAGE",
    `${what} cannot change from ${worded(before)} to ${worded(after)} with --resume, which goes on with the run's own config: leave it out, or ${remedy}`,
  );
}

/** A config's value as a message shows it. */
export function worded(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}
