// Lines of stats.jsonl as the events that they were written from.
import type { RunEvent } from "../../coordinator/dashboard/events.ts";
import type { StatsLine } from "../../coordinator/records/stats/stats-line.ts";

const FACTS = [
  "step",
  "version",
  "images",
  "epoch",
  "seconds",
  "imagesPerSecond",
  "remainingSeconds",
] as const;

/** An evaluation's line has keys of its own; what it rests on is told in log.txt. */
export function eventOfLine(line: StatsLine): RunEvent {
  const evaluation = part(line, "evaluation/");
  if (Object.keys(evaluation).length > 0 && !("version" in line))
    return { type: "evaluation", step: line["step"], metrics: evaluation };
  const facts = Object.fromEntries(FACTS.map((name) => [name, line[name] ?? Number.NaN]));
  const metrics = Object.fromEntries(
    Object.entries(line).filter(([name]) => !(name in facts) && !/^(?:layerG|g)radientNorm\//.test(name)),
  );
  return {
    ...(facts as Record<(typeof FACTS)[number], number>),
    type: "step",
    metrics,
    gradientNorms: part(line, "gradientNorm/"),
    layerGradientNorms: part(line, "layerGradientNorm/"),
  };
}

function part(line: StatsLine, prefix: string): Record<string, number> {
  return Object.fromEntries(
    Object.entries(line).flatMap(([name, value]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}
