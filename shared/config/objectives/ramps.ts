// The scheduled numbers of a run: which of them change over time, and their values as inputs of a program and as metrics.
import type { RunConfig } from "../config.ts";
import { isObject } from "../../is-object.ts";
import { type ImagesUsed, type Ramp, changesOverTime, scheduledAt } from "../scheduled.ts";

type Objective = Pick<RunConfig, "regularizers" | "augment" | "topK">;
type Course = Objective & Pick<RunConfig, "averageHalfLife" | "optimizer" | "optimizers">;

/** What stands before their paths in the names of a program's inputs, behind `now/`, and in the names of metrics. */
export const RAMP_PREFIX = "config/";

/** Those of the objective that change over time, by their paths in the config: `regularizers.r1.gamma`. */
export function rampsOf({ regularizers, augment, topK }: Objective): ReadonlyMap<string, Ramp> {
  return new Map(rampsIn({ regularizers, augment, topK }, ""));
}

/** Those of the whole config: also of the optimizers and the average. */
export function allRampsOf({
  optimizer,
  optimizers,
  averageHalfLife,
  ...objective
}: Course): ReadonlyMap<string, Ramp> {
  return new Map([...rampsOf(objective), ...rampsIn({ optimizer, optimizers, averageHalfLife }, "")]);
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
  return valuesOf(rampsOf(config), at);
}

/** As metrics of a step: those that no update reports, by the same names. */
export function rampMetrics(config: Course, at: ImagesUsed): Record<string, number> {
  const { averageHalfLife } = config;
  return valuesOf(new Map([...rampsOf(config), ...rampsIn({ averageHalfLife }, "")]), at);
}

function valuesOf(ramps: ReadonlyMap<string, Ramp>, at: ImagesUsed): Record<string, number> {
  const values = [...ramps].map(([path, ramp]) => [RAMP_PREFIX + path, scheduledAt(ramp, at)]);
  return Object.fromEntries(values) as Record<string, number>;
}
