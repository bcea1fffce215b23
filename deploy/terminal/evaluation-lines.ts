// What the terminal says of an evaluation: a classifier's in one line, a generator's with the terms that it rests on.
import type { EvaluationFloor, NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { count } from "./format.ts";

type EvaluationEvent = Extract<NumberedEvent, { type: "evaluation" }>;

/** `step 500: FID 34.21 (floor 0.42)  KID 0.0301 ± 0.0012  precision 0.71  recall 0.44`, and what was compared. */
export function evaluationLines(event: Omit<EvaluationEvent, "id" | "time" | "type">): string[] {
  const { step, metrics, extractor } = event;
  if (extractor === undefined) {
    return [
      `step ${count(step)}: validation accuracy ${(100 * metrics["accuracy"]).toFixed(2)} %, loss ${metrics["loss"].toFixed(4)}`,
    ];
  }
  return [`step ${count(step)}: ${measuredText(metrics, event.floor ?? null)}`];
}

/** The metrics that tell most, the floor of FID beside it. */
function measuredText(metrics: Readonly<Record<string, number>>, floor: EvaluationFloor | null): string {
  const shown = (name: string, digits: number): string => metrics[name].toFixed(digits);
  const parts: string[] = [];
  if ("fid" in metrics) {
    const least = floor?.metrics["fid"];
    parts.push(`FID ${shown("fid", 2)}${least === undefined ? "" : ` (floor ${least.toFixed(2)})`}`);
  }
  if ("kid" in metrics)
    parts.push(`KID ${shown("kid", 4)}${"kidStd" in metrics ? ` ± ${shown("kidStd", 4)}` : ""}`);
  if ("precision" in metrics) parts.push(`precision ${shown("precision", 2)}`);
  if ("recall" in metrics) parts.push(`recall ${shown("recall", 2)}`);
  if ("accuracy" in metrics) parts.push(`accuracy ${(100 * metrics["accuracy"]).toFixed(1)} %`);
  return parts.join("  ");
}
