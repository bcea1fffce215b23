// The event log: one line for each thing that happened, of a kind that can be filtered.
import type { NodeView, NumberedEvent } from "../../events.ts";
import { number, plural, whole } from "../words/format.ts";

export const LOG_KINDS = ["run", "nodes", "pictures", "checkpoints", "evaluations", "warnings"] as const;
export type LogKind = (typeof LOG_KINDS)[number];

export interface LogLine {
  /** The id of its event; one event has one line for each state of nodes, so not unique. */
  readonly id: number;
  readonly time: string;
  readonly kind: LogKind;
  readonly text: string;
}

/** The newest of them are kept. */
const MOST_LINES = 1000;

/** Newest first. */
export function logged(log: readonly LogLine[], lines: readonly LogLine[]): readonly LogLine[] {
  return lines.length === 0 ? log : [...[...lines].reverse(), ...log].slice(0, MOST_LINES);
}

/** The lines of an event; `nodes` are those before it. Steps have none: charts show them. */
export function linesOf(event: NumberedEvent, nodes: readonly NodeView[]): readonly LogLine[] {
  const { id, time } = event;
  const line = (kind: LogKind, text: string): readonly LogLine[] => [{ id, time, kind, text }];
  switch (event.type) {
    case "run":
      return line("run", event.state + (event.reason ? `: ${event.reason}` : ""));
    case "compiled":
      return line("run", `${plural(event.programs, "program")} traced in ${whole(event.traceMs)} ms`);
    case "step":
      return [];
    case "workers":
      return changesOf(nodes, event.nodes).map((text) => ({ id, time, kind: "nodes", text }));
    case "samples":
      return line("pictures", `pictures of step ${whole(event.step)}: ${event.file}`);
    case "checkpoint":
      return line("checkpoints", `checkpoint of step ${whole(event.step)}: ${event.file}`);
    case "evaluation":
      return line("evaluations", `evaluation of step ${whole(event.step)}: ${metricsText(event.metrics)}`);
    case "control":
      return line("run", controlText(event));
    case "warning":
      return line("warnings", `${event.code}: ${event.message}`);
    default:
      event satisfies never; // a coordinator that is newer than this page
      return [];
  }
}

/** `pause applied at step 5, asked for by ana at this machine` */
function controlText({ action, outcome, step, from, message }: ControlEvent): string {
  return `${action} ${outcome} at step ${whole(step)}, asked for by ${from}${message === "" ? "" : `: ${message}`}`;
}

type ControlEvent = Extract<NumberedEvent, { type: "control" }>;

/** `fid 35.8, kid 0.02` */
export function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(", ");
}

/** `node-1, node-2 ready`, `32 nodes left` */
function changesOf(before: readonly NodeView[], now: readonly NodeView[]): string[] {
  const old = new Map(before.map(({ node, state }) => [node, state]));
  const names = new Set(now.map(({ node }) => node));
  const changed = now.filter(({ node, state }) => old.get(node) !== state);
  const gone = before.filter(({ node }) => !names.has(node)).map(({ node }) => ({ node, state: "left" }));
  const byState = new Map<string, string[]>();
  for (const { node, state } of [...changed, ...gone])
    byState.set(state, [...(byState.get(state) ?? []), node]);
  return [...byState].map(
    ([state, nodes]) => `${nodes.length > 4 ? plural(nodes.length, "node") : nodes.join(", ")} ${state}`,
  );
}
