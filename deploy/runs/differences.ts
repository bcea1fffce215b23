// In what the configs of several runs differ, field by field.
import { isObject } from "../../shared/is-object.ts";

type Config = Readonly<Record<string, unknown>>;

/** Values by dotted path, such as `optimizer.learningRate`; a list is one value. */
export function flattened(config: Config, path = ""): Map<string, string> {
  const flat = new Map<string, string>();
  for (const [key, value] of Object.entries(config)) {
    if (isObject(value) && !Array.isArray(value))
      for (const [inner, text] of flattened(value as Config, `${path}${key}.`)) flat.set(inner, text);
    else flat.set(path + key, typeof value === "string" ? value : JSON.stringify(value));
  }
  return flat;
}

/** For each field that is not the same in all of them, its value in each; undefined where a config lacks it. */
export function differing(configs: readonly Config[]): Map<string, readonly (string | undefined)[]> {
  const flat = configs.map((config) => flattened(config));
  const fields = new Set(flat.flatMap((one) => [...one.keys()]));
  const differs = new Map<string, readonly (string | undefined)[]>();
  for (const field of fields) {
    const values = flat.map((one) => one.get(field));
    if (values.some((value) => value !== values[0])) differs.set(field, values);
  }
  return differs;
}

/** For each config, the fields in which it differs from most of them, as `batch 64`. */
export function peculiarities(configs: readonly Config[]): string[][] {
  const told: string[][] = configs.map(() => []);
  for (const [field, values] of differing(configs)) {
    const usual = mostCommon(values);
    for (const [i, value] of values.entries())
      if (value !== undefined && value !== usual)
        told[i].push(field === "history" ? changesOf(configs[i]) : `${field} ${value}`);
  }
  return told;
}

/** What was changed is more than a list has room for: at which steps. */
function changesOf({ history }: Config): string {
  const entries: readonly unknown[] = Array.isArray(history) ? history : [];
  const steps = entries.map((entry) => (isObject(entry) ? String((entry as Config)["step"]) : "?"));
  return `changed at step ${steps.join(", ")}`;
}

/** Of equally common ones the last, which is that of the oldest run in a list. */
function mostCommon(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string | undefined, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return values.findLast((value) => counts.get(value) === most);
}
