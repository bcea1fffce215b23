// `--change FIELD=VALUE`: what it makes of the config that a run has had so far.
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { type RunConfig, type TrainOnly, parseConfig } from "../../shared/config/config.ts";
import type { OptimizerConfig } from "../../shared/config/optimizer-config.ts";
import { differences, type Fields, merged } from "../../shared/config/history/change.ts";
import { whyFixed } from "../../shared/config/history/fixed-fields.ts";
import { nearest } from "../../shared/config/nearest.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import { givenFlags } from "./config-fields.ts";
import { CONFIG_FLAGS, type ConfigFlags } from "./config-flags.ts";
import { mergeConfig } from "./config-from-flags.ts";
import { longFlag } from "./flag.ts";
import type { ConfigFlag } from "./tables/config-flag.ts";

/** Beside --change, flags that may have another value on a resume are changes too. */
export interface ChangeFlags extends ConfigFlags {
  readonly change?: readonly string[];
  /** The network that is trained alone from here on, and until when; null: both are trained again. */
  readonly trainOnly?: TrainOnly | null;
}

/** A change as it is asked for: by a flag's name, or by the path of a config field. */
interface Wanted {
  readonly text: string;
  readonly field: string;
  readonly value: string;
}

/** Flags that name files, as they are changed on purpose. */
const FILES = ["model", "generator", "discriminator"] as const;

/**
 * The config from here on. A flag's name (`learning-rate`) takes what the flag takes, and means what it means there; any
 * other field is a path in config.json (`optimizer.beta2`), whose value is JSON or a word. A field of the optimizer of
 * all networks is changed in every network's own too.
 *
 * @throws GanglionError USAGE for what is no field or cannot change in a run, CONFIG for values that it cannot have
 */
export function changedConfig(
  before: RunConfig,
  { change = [], trainOnly, ...flags }: ChangeFlags,
): RunConfig {
  const wanted = change.map(parsed);
  const given: Record<string, unknown> = Object.fromEntries(
    givenFlags(flags)
      .filter(({ flag }) => flag.onResume === "changes")
      .map(({ name, value }) => [name, value]),
  );
  for (const one of wanted) checkFree(one);
  for (const one of wanted) {
    const name = flagOf(one.field);
    if (name === null) continue;
    const flag: ConfigFlag = CONFIG_FLAGS[name];
    const value = valueOf(one, flag);
    if (flag.gather) {
      given[name] = [...((given[name] as unknown[] | undefined) ?? []), value];
      continue;
    }
    if (name in given) throw usage(`${one.text} is given twice: leave one out`);
    given[name] = value;
  }
  if ("steps" in given && "epochs" in given)
    throw usage("steps and epochs are both the length of the run: leave one out");
  let config = Object.keys(given).length > 0 ? mergeConfig(before, {}, given) : before;
  for (const one of wanted) if (flagOf(one.field) === null) config = withField(config, one);
  if (trainOnly !== undefined) config = parseConfig({ ...config, trainOnly: trainOnly ?? undefined });
  return config;
}

/** Those of the changes that by themselves change nothing. */
export function idleChanges(before: RunConfig, change: readonly string[] = []): string[] {
  return change.filter((one) => {
    try {
      return changeText(before, changedConfig(before, { change: [one] })).length === 0;
    } catch {
      return false; // it goes with another of them only, such as a shard with a batch
    }
  });
}

/** `optimizer.learningRate 0.0002 -> 0.0001`, for each value that is another. */
export function changeText(before: RunConfig, after: RunConfig): string[] {
  return differences(before, after)
    .filter(({ path }) => !path.startsWith("history"))
    .map(({ path, before: old, after: now }) => `${path} ${worded(old)} -> ${worded(now)}`);
}

function worded(value: unknown): string {
  if (value === undefined) return "none";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function parsed(text: string): Wanted {
  const [, field, value] = /^\s*(?:--)?([A-Za-z][\w.-]*)\s*=(.*)$/s.exec(text) ?? [];
  if (field === undefined || value.trim() === "")
    throw usage(`--change ${text} names no field and value: write FIELD=VALUE, such as learning-rate=1e-4`);
  return { text, field, value: value.trim() };
}

function checkFree({ text, field }: Wanted): void {
  const name = flagOf(field);
  const path = name === null ? pathOf(field) : (CONFIG_FLAGS[name] as ConfigFlag).path;
  if (name !== null && FILES.some((file) => file === name)) return;
  const why = path === undefined ? "it names a whole config" : whyFixed(path);
  if (why === null) return;
  const isPlace = name === "data";
  throw usage(
    `--change ${text} is refused: ${why}${isPlace ? "" : "; start a new run from this one's weights with --from RUN"}`,
  );
}

type FlagName = keyof typeof CONFIG_FLAGS;

/** The flag of this name in either spelling, or that sets the field of this path alone. */
function flagOf(field: string): FlagName | null {
  const names = Object.keys(CONFIG_FLAGS) as FlagName[];
  const byName = names.find((name) => longFlag(name) === longFlag(field));
  const isAlone = (flag: ConfigFlag): boolean => flag.path === field && flag.kind === undefined;
  return byName ?? names.find((name) => isAlone(CONFIG_FLAGS[name])) ?? null;
}

function valueOf({ text, value }: Wanted, flag: ConfigFlag): unknown {
  if (flag.argument === undefined) {
    if (value === "true" || value === "false") return value === "true";
    throw usage(`--change ${text}: write true or false`);
  }
  try {
    const read = flag.parse ? flag.parse(value) : value;
    return flag.keep && typeof read === "string" ? resolve(read) : read;
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw usage(`--change ${text}: ${lowerCase(error.message)}`);
  }
}

/** `sample-every` is `sampleEvery` too. */
function pathOf(field: string): string {
  return field.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function withField(config: RunConfig, wanted: Wanted): RunConfig {
  const path = pathOf(wanted.field).split(".");
  const [top] = path;
  if (!(top in config)) {
    const names = [
      ...Object.keys(config),
      ...Object.keys(CONFIG_FLAGS).map((name) => longFlag(name).slice(2)),
    ];
    throw usage(
      `--change ${wanted.text}: a run has no ${wanted.field}; did you mean ${nearest(wanted.field, names)}?`,
    );
  }
  const change = path.reduceRight<unknown>(
    (inner, name) => ({ [name]: inner }),
    readValue(wanted.value),
  ) as Fields;
  try {
    const own = path[0] === "optimizer" && path.length > 1 ? inOwnOptimizers(config, change) : {};
    return parseConfig(merged(merged(config, change), own));
  } catch (cause) {
    throw new GanglionError("CONFIG", `--change ${wanted.text}: ${messageOf(cause)}`, { cause });
  }
}

/** The same change of the optimizers that networks have of their own. */
function inOwnOptimizers({ optimizers }: RunConfig, { optimizer }: Fields): Fields {
  const names = Object.entries<OptimizerConfig | undefined>(optimizers)
    .filter(([, own]) => own !== undefined)
    .map(([name]) => [name, optimizer]);
  return { optimizers: Object.fromEntries(names) };
}

function readValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // a word, such as cosine
  }
}

function lowerCase(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, "");
}

function usage(message: string): GanglionError {
  return new GanglionError("USAGE", message);
}
