// The class that `--class` means: by its name in the data, or by its label.
import { classNamesOf } from "../export/source.ts";
import { areClassNumbers, listLabels } from "../../shared/data/labels.ts";
import { GanglionError } from "../../shared/errors.ts";
import type { CheckpointConfig } from "../../coordinator/records/checkpoint/checkpoint-config.ts";

/** The number of the class; `takesLabels` tells whether the generator can be asked for one. @throws GanglionError USAGE */
export function findClass(text: string, config: CheckpointConfig, takesLabels: boolean): number {
  const { classes, labels, names } = config;
  if (!takesLabels)
    throw new GanglionError(
      "USAGE",
      `--class ${text} is for a generator that takes labels as its second input, and this one does not: leave it out`,
    );
  const named = names?.indexOf(text) ?? -1;
  if (named >= 0) return named;
  const alike = names?.flatMap((name, i) => (name.toLowerCase() === text.toLowerCase() ? [i] : [])) ?? [];
  if (alike.length === 1) return alike[0];
  const classLabels = labels ?? Array.from({ length: classes }, (_, label) => label);
  const found = /^\d+$/.test(text) ? classLabels.indexOf(Number(text)) : -1;
  if (found >= 0) return found;
  const numbers = areClassNumbers(classLabels)
    ? `one from 0 to ${classLabels.at(-1)}`
    : `among its labels ${listLabels(classLabels, 100)}`;
  const choice = names ? `${numbers}, or by name: ${listed(classNamesOf({ config }))}` : numbers;
  throw new GanglionError(
    "USAGE",
    `--class ${text} is none of the ${classes} classes of the run: choose ${choice}`,
  );
}

function listed(names: readonly string[]): string {
  return names.length > 30
    ? `${names.slice(0, 30).join(", ")} and ${names.length - 30} more`
    : names.join(", ");
}
