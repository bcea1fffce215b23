// The classes that `--class` means: by their names in the data, or by their labels.
import { classNamesOf } from "../export/source.ts";
import { areClassNumbers, listLabels } from "../../shared/data/labels.ts";
import { nearest } from "../../shared/config/nearest.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { CheckpointConfig } from "../../coordinator/records/checkpoint/checkpoint-config.ts";

/**
 * The numbers of the classes that `--class cat,dog` means, in that order; `all` are all of them. A number is a label as the
 * data have it, which may be another than the class's number.
 *
 * @throws GanglionError USAGE where there is none of that name, or the generator takes no labels
 */
export function findClasses(text: string, config: CheckpointConfig, takesLabels: boolean): readonly number[] {
  if (!takesLabels)
    throw new GanglionError(
      "USAGE",
      `--class ${text} is for a generator that takes labels as its second input, and this one does not: leave it out`,
    );
  const whole = classOf(text, config);
  if (whole !== null) return [whole]; // a name may have commas in it
  if (text.trim().toLowerCase() === "all") return Array.from({ length: config.classes }, (_, i) => i);
  return text.split(",").map((part) => classOf(part.trim(), config) ?? unknown(text, part.trim(), config));
}

function classOf(text: string, { classes, labels, names }: CheckpointConfig): number | null {
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return named;
  const alike = names?.flatMap((name, i) => (name.toLowerCase() === text.toLowerCase() ? [i] : [])) ?? [];
  if (alike.length === 1) return alike[0];
  const classLabels = labels ?? Array.from({ length: classes }, (_, label) => label);
  const found = /^\d+$/.test(text) ? classLabels.indexOf(Number(text)) : -1;
  return found >= 0 ? found : null;
}

function unknown(text: string, part: string, config: CheckpointConfig): never {
  const { classes, labels, names } = config;
  const classLabels = labels ?? Array.from({ length: classes }, (_, label) => label);
  const numbers = areClassNumbers(classLabels)
    ? `one from 0 to ${classLabels.at(-1)}`
    : `among its labels ${listLabels(classLabels, 100)}`;
  const close = names && !/^\d*$/.test(part) ? ` (did you mean ${nearest(part, names)}?)` : "";
  const choice = names ? `${numbers}, or by name: ${listed(classNamesOf({ config }))}` : numbers;
  const what = part === text ? `--class ${text}` : `"${part}" of --class ${text}`;
  throw new GanglionError(
    "USAGE",
    `${what} is none of the ${classes} classes of the run${close}: choose ${choice}`,
  );
}

function listed(names: readonly string[]): string {
  return names.length > 30
    ? `${names.slice(0, 30).join(", ")} and ${names.length - 30} more`
    : names.join(", ");
}
