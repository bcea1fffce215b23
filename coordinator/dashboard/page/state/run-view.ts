// What the page shows of a run, as events make it: everything but the curves.
import type { NodeView, NumberedEvent } from "../../events.ts";
import { plural } from "../words/format.ts";
import type { EventOf } from "./event-of.ts";
import { linesOf, logged, type LogLine } from "./event-log.ts";
import { type Grid, gridOf, mergedGrids } from "./grids.ts";
import { type Warned, warned } from "./warnings.ts";

export interface RunView {
  /** Null before the first event. */
  readonly run: EventOf<"run"> | null;
  readonly step: EventOf<"step"> | null;
  readonly nodes: readonly NodeView[];
  /** What was refused since the coordinator started, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly grids: readonly Grid[];
  readonly checkpoint: EventOf<"checkpoint"> | null;
  readonly evaluation: EventOf<"evaluation"> | null;
  readonly warnings: readonly Warned[];
  readonly log: readonly LogLine[];
}

export const EMPTY: RunView = {
  run: null,
  step: null,
  nodes: [],
  refused: {},
  grids: [],
  checkpoint: null,
  evaluation: null,
  warnings: [],
  log: [],
};

/** The view after an event. Another run begins anew. */
export function afterEvent(before: RunView, event: NumberedEvent): RunView {
  const isOther = event.type === "run" && before.run !== null && before.run.run !== event.run;
  const old = isOther ? EMPTY : before;
  const view = { ...old, log: logged(old.log, linesOf(event, old.nodes)) };
  switch (event.type) {
    case "run":
      return { ...view, run: event };
    case "compiled":
      return view;
    case "control": {
      const isBack = event.action === "rollback" && event.outcome === "applied";
      return isBack ? { ...view, grids: view.grids.filter(({ step }) => step <= event.step) } : view;
    }
    case "step":
      return { ...view, step: event };
    case "workers":
      return { ...view, nodes: event.nodes, refused: event.refused ?? view.refused };
    case "samples":
      return { ...view, grids: mergedGrids(view.grids, [gridOf(event)]) };
    case "checkpoint":
      return { ...view, checkpoint: event };
    case "evaluation":
      return { ...view, evaluation: event };
    case "warning":
      return { ...view, warnings: warned(view.warnings, event, view.step?.step ?? null) };
    default:
      event satisfies never; // a coordinator that is newer than this page
      return view;
  }
}

/** Says that events are missing, where some are. */
export function afterGap(view: RunView, missed: number, time: string): RunView {
  if (missed === 0) return view;
  const text = `${plural(missed, "earlier event")} of this log ${missed === 1 ? "is" : "are"} no longer kept`;
  return { ...view, log: logged(view.log, [{ id: 0, time, kind: "run", text }]) };
}

export function hasEnded({ run }: RunView): boolean {
  return run !== null && ["done", "stopped", "diverged", "failed"].includes(run.state);
}
