// The config of a run over its steps: what it was started with, and what was changed after which of them.
//
// The top-level fields of a recorded config are those of the run's first step; `history` has the changes, in the order of
// their steps. So a recorded config replays its run.
import { type RunConfig, parseConfig } from "../config.ts";
import { type Change, type Fields, changeBetween, merged } from "./change.ts";

/** The config once the first `applied` changes are made; it has no history of its own. */
export function configAfter(recorded: RunConfig, applied: number): RunConfig {
  const { history, ...start } = recorded;
  if (applied === 0) return { ...start, history: [] };
  return parseConfig(
    history.slice(0, applied).reduce<Fields>((config, { change }) => merged(config, change), start),
  );
}

/** How many of the changes are made by `step`, those of that step included. */
export function appliedAt({ history }: Pick<RunConfig, "history">, step: number): number {
  return history.filter((change) => change.step <= step).length;
}

/** The config that decides the step after `step` steps are made. */
export function configAt(recorded: RunConfig, step: number): RunConfig {
  return configAfter(recorded, appliedAt(recorded, step));
}

/** The config once `step` steps are made, where both networks are trained again by then. */
export function withTrainOnlyOver(config: RunConfig, step: number): RunConfig {
  const { trainOnly, ...others } = config;
  return trainOnly?.untilStep !== undefined && trainOnly.untilStep <= step ? others : config;
}

/** Steps made when the config changes after the first `applied` changes; Infinity where it does not. */
export function nextChangeOf(recorded: RunConfig, applied: number): number {
  const { trainOnly } = configAfter(recorded, applied);
  return Math.min(recorded.history[applied]?.step ?? Infinity, trainOnly?.untilStep ?? Infinity);
}

/** Steps in a row of one config. */
export interface Segment {
  readonly config: RunConfig;
  /** Made of it so far. */
  readonly steps: number;
}

/** What the first `step` steps were made with, once `applied` changes are made; the last segment may have no step yet. */
export function segmentsOf(recorded: RunConfig, applied: number, step: number): Segment[] {
  const starts = [0, ...recorded.history.slice(0, applied).map((change) => change.step)];
  return starts.map((start, i) => ({
    config: configAfter(recorded, i),
    steps: (starts[i + 1] ?? step) - start,
  }));
}

/**
 * The recorded config with `next` in effect from `step` on. Changes of the same step become one; those of later steps
 * are of a course that the run does not take any more, and are left out. Before the first step it is another start.
 */
export function withChange(recorded: RunConfig, step: number, next: RunConfig): RunConfig {
  if (step === 0) return { ...next, history: [] };
  const kept = recorded.history.filter((change) => change.step < step);
  const change = changeBetween(bare(configAfter({ ...recorded, history: kept }, kept.length)), bare(next));
  const own: Change[] = Object.keys(change).length === 0 ? [] : [{ step, change }];
  return { ...recorded, history: [...kept, ...own] };
}

/** The recorded config with its data and its present module at another place: what they hold is compared, and no change. */
export function withPlaces(
  recorded: RunConfig,
  { data = recorded.data, model }: Partial<Pick<RunConfig, "data" | "model">>,
): RunConfig {
  const newest = recorded.history.findLastIndex(({ change }) => "model" in change);
  if (model === undefined || newest < 0) return { ...recorded, data, model: model ?? recorded.model };
  const history = recorded.history.map(({ step, change }, i) => ({
    step,
    change: i === newest ? { ...change, model } : change,
  }));
  return { ...recorded, data, history };
}

function bare(config: RunConfig): Omit<RunConfig, "history"> {
  const { history: _, ...fields } = config;
  return fields;
}
