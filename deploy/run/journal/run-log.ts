// `log.txt`: what happened to a run, a line for people each; programs read stats.jsonl, run.json and --json.
import { relative } from "node:path";
import type { EvaluationTerms, NumberedEvent } from "../../../coordinator/dashboard/events.ts";
import type { EventHistory } from "../../../coordinator/dashboard/history.ts";
import type { RunPaths } from "../../../coordinator/records/run-paths.ts";
import { LogFile } from "../../../shared/log-file.ts";
import { printable } from "../../../shared/printable.ts";
import { isOver } from "../../../shared/status-record.ts";
import { count } from "../../terminal/format.ts";
import { createMembershipLog } from "../../terminal/membership-log.ts";
import { controlText } from "../../terminal/control-text.ts";
import { lossesOf } from "../../terminal/step-line.ts";

export interface RunLogOptions {
  readonly folder: Pick<RunPaths, "path" | "logFile">;
  readonly history: EventHistory;
  /** Sentences to begin with: what was started, with which command, on which data. */
  readonly opening: readonly string[];
  /** Hears why lines are missing, once. */
  readonly failing: (cause: string) => void;
}

export interface RunLog {
  readonly say: (sentence: string) => void;
  /** Says that the run failed for `reason`, where it has not said itself how it ended. */
  readonly stop: (reason?: string) => void;
}

/** Writes nothing before the run is prepared: what is refused before leaves the log as it was. */
export function openRunLog({ folder, history, opening, failing }: RunLogOptions): RunLog {
  const file = new LogFile({
    file: folder.logFile,
    failing,
    gap: (missing) => lineOf(`(${count(missing)} lines that could not be written are missing here)`),
  });
  const waiting = [...opening];
  let begun = false;
  let over = false;
  let stands = false;
  let losses = "";
  const say = (sentence: string): void => {
    if (begun) file.write(lineOf(sentence));
    else waiting.push(sentence);
  };
  const nodes = createMembershipLog({ say, isReportedElsewhere: () => false, reportsReady: false });
  const runChanged = ({ state, steps, reason }: Extract<NumberedEvent, { type: "run" }>): void => {
    if (!begun) {
      begun = true;
      for (const sentence of waiting.splice(0)) say(sentence);
    }
    if (isOver({ state })) nodes.end();
    else nodes.flush();
    over = isOver({ state });
    if (over)
      say(`${state} after ${at}${count(steps)} steps${losses && `, loss ${losses}`}${because(reason)}`);
    else if (state === "stalled" || state === "paused") say(`${state}${because(reason)}`);
    else if (state === "training" && stands) say("the run continues");
    stands = state === "stalled" || state === "paused";
  };
  let at = "";
  const inFolder = (path: string): string => relative(folder.path, path);
  history.subscribe((event) => {
    switch (event.type) {
      case "run":
        return runChanged(event);
      case "step":
        losses = lossesOf(event);
        at = `${count(event.step)} of `;
        return undefined;
      case "workers":
        return nodes.update(event.nodes);
      case "samples":
        return say(
          `step ${count(event.step)}: sample ${inFolder(event.file)}${event.checkpoint === undefined ? " (samples/index.json names the nearest checkpoint)" : `, drawn by checkpoints/${event.checkpoint}`}`,
        );
      case "checkpoint":
        return say(
          `step ${count(event.step)}: checkpoint ${inFolder(event.file)}${losses && `, loss ${losses}`}`,
        );
      case "evaluation":
        return say(`step ${count(event.step)}: ${metricsText(event.metrics)}${termsText(event)}`);
      case "control":
        return say(controlText(event));
      case "warning":
        return say(`warning: ${event.message}`);
      case "compiled":
        return undefined;
      default:
        return event satisfies never;
    }
  });
  return {
    say,
    stop(reason) {
      if (begun && !over) say(`failed${because(reason)}`);
    },
  };
}

/** `2026-11-30 07:10:09  step 500: …`, in local time. */
export function lineOf(sentence: string, time = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  return `${day} ${clock}  ${printable(sentence)}\n`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${reason}`;
}

/** `accuracy 0.981, loss 0.0617` */
function metricsText(metrics: Readonly<Record<string, number>>): string {
  return Object.entries(metrics)
    .map(([name, value]) => `${name} ${Number.isInteger(value) ? value : value.toPrecision(4)}`)
    .join(", ");
}

/** What a generator's numbers rest on: `; inception by bicubic, 10,000 images, seed 1; floor fid 3.1` */
function termsText({ extractor, resizer, images, seed, floor }: Partial<EvaluationTerms>): string {
  if (extractor === undefined || images === undefined) return "";
  const lowest = floor ? `; floor of ${count(floor.images)} images: ${metricsText(floor.metrics)}` : "";
  return `; ${extractor}, ${resizer ?? "not resized"}, ${count(images)} images, seed ${seed ?? "unknown"}${lowest}`;
}
