// What a run says on the terminal: one live line for people, JSON lines for programs, plain lines for logs.
import type { NumberedEvent } from "../coordinator/dashboard/events.ts";
import type { Outcome } from "../coordinator/main.ts";

export type DisplayKind = "live" | "plain" | "json" | "quiet";

export interface Display {
  readonly kind: DisplayKind;
  readonly event: (event: NumberedEvent) => void;
  /** A sentence beside the progress. */
  readonly say: (sentence: string) => void;
  /** A warning of the program itself, not of the run. */
  readonly warn: (code: string, message: string) => void;
  /** Where workers can join. */
  readonly listening: (address: string) => void;
  readonly dashboard: (url: string) => void;
  readonly done: (outcome: Outcome) => void;
}

/** Plain output tells the step every so often. */
const PLAIN_EVERY_MS = 5000;

export function chooseDisplay(flags: { readonly json?: boolean; readonly quiet?: boolean }): DisplayKind {
  if (flags.json) return "json";
  if (flags.quiet) return "quiet";
  return process.stdout.isTTY ? "live" : "plain";
}

export function createDisplay(kind: DisplayKind): Display {
  return kind === "json" ? jsonDisplay() : textDisplay(kind);
}

function jsonDisplay(): Display {
  const write = (record: object): void => void process.stdout.write(`${JSON.stringify(record)}\n`);
  return {
    kind: "json",
    event({ type, ...fields }) {
      write({ event: type, ...fields });
    },
    say() {},
    warn: (code, message) => write({ event: "warning", code, message }),
    listening: (address) => write({ event: "listening", address }),
    dashboard: (url) => write({ event: "dashboard", url }),
    done: ({ state: _state, ...outcome }) => write({ event: "done", ...outcome }), // the run event told the state
  };
}

function textDisplay(kind: "live" | "plain" | "quiet"): Display {
  let live = false;
  let toldAt = 0;
  let steps = 0;
  let compiled = { programs: 0, traceMs: 0 };
  let prepareMs = 0;
  const line = (text: string): void => {
    if (live) process.stdout.write("\r\u001B[K");
    live = false;
    process.stdout.write(`${text}\n`);
  };
  const progress = (text: string): void => {
    if (kind === "live") {
      process.stdout.write(`\r\u001B[K${text.slice(0, (process.stdout.columns || 80) - 1)}`);
      live = true;
    } else if (performance.now() - toldAt > PLAIN_EVERY_MS) {
      toldAt = performance.now();
      line(text);
    }
  };
  return {
    kind,
    event(event) {
      if (event.type === "warning") line(`warning: ${event.message}`);
      if (kind === "quiet") return;
      if (event.type === "step") progress(stepLine(event, steps));
      if (event.type === "compiled") compiled = event;
      if (event.type === "workers") prepareMs = Math.max(...event.nodes.map((node) => node.prepareMs ?? 0));
      if (event.type === "run") {
        steps = event.steps;
        if (event.state === "training") line(compilationLine(compiled, prepareMs));
      }
      if (event.type === "evaluation") line(evaluationLine(event));
    },
    say(sentence) {
      if (kind !== "quiet") line(sentence);
    },
    warn: (_code, message) => line(`warning: ${message}`),
    listening: (address) => line(`workers join at ${address}`),
    dashboard(url) {
      if (kind !== "quiet") line(`dashboard ${url}`);
    },
    done(outcome) {
      const { state, steps: made, images, seconds, imagesPerSecond } = outcome;
      const here = Math.round(imagesPerSecond * seconds); // less than all where an earlier session began the run
      const all = here < images ? `, ${count(here)} of them` : "";
      line(
        `${state}: ${count(made)} steps, ${count(images)} images${all} in ${duration(seconds)} (${count(imagesPerSecond)} images/s)`,
      );
      line(`weights ${outcome.weightsHash.slice(0, 16)}… version ${outcome.version}`);
      line(`run folder ${outcome.run}`);
    },
  };
}

function compilationLine(
  { programs, traceMs }: { programs: number; traceMs: number },
  prepareMs: number,
): string {
  return `${programs} programs traced in ${count(traceMs)} ms, prepared in ${count(prepareMs)} ms`;
}

/** Fits 80 columns: `step 1,471/4,500  3,736 images/s  loss D 0.580 G 0.760  32 s left`. */
function stepLine(event: Extract<NumberedEvent, { type: "step" }>, total: number): string {
  const losses = Object.entries(event.metrics)
    .filter(([name]) => name.startsWith("loss/"))
    .map(([name, value]) => `${SHORT[name.slice("loss/".length)] ?? name} ${value.toFixed(3)}`);
  const left = event.remainingSeconds > 0 ? `  ${duration(event.remainingSeconds)} left` : "";
  return `step ${count(event.step)}/${count(total)}  ${count(event.imagesPerSecond)} images/s  loss ${losses.join(" ")}${left}`;
}

const SHORT: Readonly<Record<string, string>> = { discriminator: "D", generator: "G", classifier: "C" };

function evaluationLine({ step, metrics }: Extract<NumberedEvent, { type: "evaluation" }>): string {
  return `step ${count(step)}: validation accuracy ${(100 * metrics["accuracy"]).toFixed(2)} %, loss ${metrics["loss"].toFixed(4)}`;
}

export function count(value: number): string {
  return value >= 100 || Number.isInteger(value)
    ? Math.round(value).toLocaleString("en-US")
    : value.toPrecision(3);
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}
