// The scheduled numbers of a GAN's objective: which of them change over time, and their values as inputs of a program.
import type { RunConfig } from "../config.ts";
import { isObject } from "../../is-object.ts";
import { type ImagesUsed, type Ramp, changesOverTime, scheduledAt } from "../scheduled.ts";

type Objective = Pick<RunConfig, "regularizers" | "augment" | "topK">;

/** What stands before their paths in the names of a program's inputs, behind `now/`. */
export const RAMP_PREFIX = "config/";

/** Those that change over time, by their paths in the config: `regularizers.r1.gamma`. */
export function rampsOf({ regularizers, augment, topK }: Objective): ReadonlyMap<string, Ramp> {
  return new Map(rampsIn({ regularizers, augment, topK }, ""));
}

function rampsIn(value: unknown, path: string): [string, Ramp][] {
  if (changesOverTime(value)) return [[path, value]];
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    rampsIn(inner, path === "" ? name : `${path}.${name}`),
  );
}

/** Their values now, by the names of a program's inputs without `now/`. */
export function rampValues(config: Objective, at: ImagesUsed): Record<string, number> {
  const values = [...rampsOf(config)].map(([path, ramp]) => [RAMP_PREFIX + path, scheduledAt(ramp, at)]);
  return Object.fromEntries(values) as Record<string, number>;
}
