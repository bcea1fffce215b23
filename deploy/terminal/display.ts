// What a run says on the terminal: one live line for people, JSON lines for programs, plain lines for logs.
import { resumeCommand } from "./command-line.ts";
import type { NodeView, NumberedEvent } from "../../coordinator/dashboard/events.ts";
import type { Outcome } from "../../coordinator/main.ts";
import { describeClasses } from "../../shared/data/labels.ts";
import { isOver } from "../../shared/status-record.ts";
import { controlText } from "./control-text.ts";
import { count, displayPath, duration } from "./format.ts";
import { createMembershipLog } from "./membership-log.ts";
import { sayJson } from "./output.ts";
import { evaluationLines } from "./evaluation-lines.ts";
import { standingWordings, stepWordings } from "./step-line.ts";
import { type Colour, type Output, openTerminal } from "./terminal.ts";

export type DisplayKind = "live" | "plain" | "json" | "quiet";

export interface Display {
  readonly kind: DisplayKind;
  readonly event: (event: NumberedEvent) => void;
  /** A sentence beside the progress. */
  readonly say: (sentence: string) => void;
  /** What was done to the data: a sentence that programs are told too. */
  readonly note: (sentence: string) => void;
  /** What takes long before the first step, as wordings of one thing, the longest first; none: it is over. */
  readonly progress: (wordings: readonly string[]) => void;
  /** A sentence of another process, with that process's name in front. */
  readonly relay: (from: string, sentence: string) => void;
  /** A warning of the program itself, not of the run. */
  readonly warn: (code: string, message: string) => void;
  /** Where workers can join, and other addresses that lead there. */
  readonly listening: (address: string, alsoAt?: readonly string[]) => void;
  readonly dashboard: (url: string) => void;
  readonly done: (outcome: Outcome) => void;
  /** Removes the progress line, so that what others write, an error for example, starts at the left. */
  readonly close: () => void;
}

export interface DisplayOptions {
  /** Shows how many nodes are at work, and reports when more of them are ready. */
  readonly nodes?: boolean;
  /** How a run that was stopped goes on, from its folder; default: the flag that does it. */
  readonly goesOn?: (folder: string) => string;
  /** Nodes whose joining and leaving is not reported, as it is not of those that `relay` has named. */
  readonly isOwn?: (node: string) => boolean;
  readonly output?: Output;
}

/** Plain output prints a step at most so often. */
const PLAIN_EVERY_MS = 5000;

export function chooseDisplay(flags: { readonly json?: boolean; readonly quiet?: boolean }): DisplayKind {
  if (flags.json) return "json";
  if (flags.quiet) return "quiet";
  return process.stdout.isTTY && process.env["TERM"] !== "dumb" ? "live" : "plain";
}

export function createDisplay(kind: DisplayKind, options: DisplayOptions = {}): Display {
  return kind === "json" ? jsonDisplay() : textDisplay(kind, options);
}

function jsonDisplay(): Display {
  const write = sayJson;
  return {
    kind: "json",
    event({ type, ...fields }) {
      write({ event: type, ...fields });
    },
    say() {},
    note: (message) => write({ event: "note", message }),
    progress() {},
    relay() {},
    warn: (code, message) => write({ event: "warning", code, message }),
    listening: (address, alsoAt) => write({ event: "listening", address, ...(alsoAt && { alsoAt }) }),
    dashboard: (url) => write({ event: "dashboard", url }),
    done: ({ state: _state, ...outcome }) => write({ event: "done", ...outcome }), // the run event had the state
    close() {},
  };
}

function textDisplay(kind: "live" | "plain" | "quiet", options: DisplayOptions): Display {
  const terminal = openTerminal(options.output ?? process.stdout);
  const { line } = terminal;
  const { goesOn = resumeCommand } = options;
  let toldAt = 0;
  let steps = 0;
  let step: number | null = null;
  let stands = false;
  let compiled = { programs: 0, traceMs: 0 };
  let nodes: readonly NodeView[] = [];
  const colours = new Map<string, Colour>();
  const colourOf = (name: string): Colour => {
    if (!colours.has(name)) colours.set(name, COLOURS[colours.size % COLOURS.length]);
    return colours.get(name)!;
  };
  const membership = createMembershipLog({
    say: line,
    isReportedElsewhere: (node) => options.isOwn?.(node) === true || colours.has(afterUser(node)),
    reportsReady: options.nodes === true,
  });
  const progress = (wordings: readonly string[]): void => {
    if (kind === "live") return terminal.live(wordings);
    if (performance.now() - toldAt <= PLAIN_EVERY_MS) return;
    toldAt = performance.now();
    line(wordings[0]);
  };
  const runChanged = (event: Extract<NumberedEvent, { type: "run" }>): void => {
    steps = event.steps;
    if (event.state === "preparing" && (event.labels || event.classes === 1))
      line(describeClasses(event.labels ?? [0]));
    if (isOver(event)) membership.end();
    else membership.flush();
    const { state } = event;
    if (state === "training") line(stands ? "the run continues" : compilationLine(compiled, nodes));
    stands = state === "stalled" || state === "paused";
    if (stands && kind === "live") terminal.live(standingWordings(state, step, steps));
  };
  const warning = (message: string): void => line({ text: "warning:", colour: "yellow" }, ` ${message}`);
  return {
    kind,
    event(event) {
      if (event.type === "warning") return warning(event.message);
      if (kind === "quiet") return undefined;
      switch (event.type) {
        case "run":
          return runChanged(event);
        case "compiled":
          compiled = event;
          return undefined;
        case "step":
          ({ step } = event);
          return progress(stepWordings(event, steps, options.nodes ? readyOf(nodes) : null));
        case "workers":
          ({ nodes } = event);
          return membership.update(nodes);
        case "evaluation":
          return evaluationLines(event).forEach((text) => line(text));
        case "control":
          return line(controlText(event));
        case "samples":
        case "checkpoint":
          return undefined; // the dashboard shows them
        default:
          return event satisfies never;
      }
    },
    say(sentence) {
      if (kind !== "quiet") line(sentence);
    },
    note(sentence) {
      if (kind !== "quiet") line(sentence);
    },
    progress(wordings) {
      if (wordings.length === 0) terminal.clear();
      else if (kind !== "quiet") progress(wordings);
    },
    relay(from, sentence) {
      if (kind !== "quiet") line({ text: `[${from}]`, colour: colourOf(from) }, ` ${sentence}`);
    },
    warn: (_code, message) => warning(message),
    listening: (address, alsoAt = []) => line(`workers join at ${[address, ...alsoAt].join(", or ")}`),
    dashboard(url) {
      if (kind !== "quiet") line(`dashboard ${url}`);
    },
    done(outcome) {
      const { state, steps: made, images, seconds, imagesPerSecond } = outcome;
      const here = Math.round(imagesPerSecond * seconds); // less than all where an earlier session began the run
      const all = here < images ? `, ${count(here)} of them` : "";
      terminal.clear();
      line(
        { text: `${state}:`, colour: "green" },
        ` ${count(made)} steps, ${count(images)} images${all} in ${duration(seconds)} (${count(imagesPerSecond)} images/s)`,
      );
      line(`weights ${outcome.weightsHash.slice(0, 16)}… version ${outcome.version}`);
      line(`run folder ${displayPath(outcome.run)}`);
      if (state !== "stopped") return;
      const onward = goesOn(outcome.run);
      line(
        made > 0 ? `to go on: ${onward}` : `it has made no step: delete the folder, or begin with ${onward}`,
      );
    },
    close() {
      membership.end();
      terminal.clear();
    },
  };
}

/** Of processes, in turn; yellow is for warnings. */
const COLOURS: readonly Colour[] = ["cyan", "magenta", "blue", "green"];

/** A node's own name, where the server's user stands before it. */
function afterUser(node: string): string {
  return node.slice(node.lastIndexOf("/") + 1);
}

function readyOf(nodes: readonly NodeView[]): number {
  return nodes.filter(({ state }) => state === "ready").length;
}

function compilationLine(
  { programs, traceMs }: { programs: number; traceMs: number },
  nodes: readonly NodeView[],
): string {
  const prepareMs = Math.max(0, ...nodes.map((node) => node.prepareMs ?? 0));
  return `${programs} programs traced in ${count(traceMs)} ms, prepared in ${count(prepareMs)} ms`;
}
