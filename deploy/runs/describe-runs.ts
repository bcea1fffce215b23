// Runs as people read them: a line each, one in full, or several side by side.
import { count, displayPath, duration } from "../terminal/format.ts";
import { commandLine } from "../terminal/command-line.ts";
import { differing, peculiarities } from "./differences.ts";
import type { RunSummary } from "./summary.ts";

/** More fields than these are counted. */
const MOST_FIELDS = 4;

/** Newest first; the last column has what is peculiar to a run among these. */
export function describeList(runs: readonly RunSummary[]): string[] {
  const odd = peculiarities(runs.map(({ config }) => config));
  const head = ["run", "state", "step", "images", "loss", "best FID", "tags", "differs in"];
  const rows = runs.map((run, i) => [
    run.run,
    run.state,
    progressOf(run),
    count(run.images),
    lossesOf(run),
    bestOf(run),
    run.tags.join(" "),
    [
      ...odd[i].slice(0, MOST_FIELDS),
      ...(odd[i].length > MOST_FIELDS ? [`${odd[i].length - MOST_FIELDS} more`] : []),
    ].join(", "),
  ]);
  return table(withoutEmpty([head, ...rows]));
}

/** Facts, metrics and configs, where they are not the same in all of them. */
export function describeSideBySide(runs: readonly RunSummary[]): string[] {
  const facts: [string, (run: RunSummary) => string][] = [
    ["state", (run) => run.state],
    ["step", progressOf],
    ["images", (run) => count(run.images)],
    ["trained for", (run) => (run.seconds > 0 ? duration(run.seconds) : "")],
    ["tags", (run) => run.tags.join(" ")],
    ["note", (run) => run.note ?? ""],
    ["best FID", bestOf],
    ...namesOf(runs, ({ metrics }) => metrics).map(metricRow(({ metrics }) => metrics)),
    ...namesOf(runs, ({ evaluation }) => evaluation).map(
      metricRow(({ evaluation }) => evaluation, "evaluation/"),
    ),
  ];
  const rows = facts.map(([name, textOf]) => [name, ...runs.map(textOf)]);
  const fields = [...differing(runs.map(({ config }) => config))].map(([field, values]) => [
    field,
    ...values.map((value) => value ?? "-"),
  ]);
  const same = "their configs do not differ";
  return [
    ...table([
      ["", ...runs.map(({ run }) => run)],
      ...rows.filter(([, ...cells]) => cells.some((cell) => cell !== "")),
    ]),
    "",
    ...(fields.length > 0 ? ["configs differ in", ...table(fields)] : [same]),
  ];
}

/** One run in full. */
export function describeOne(run: RunSummary): string[] {
  const { record, checkpoints } = run;
  const values = (of: RunSummary["metrics"]): string =>
    Object.entries(of).map(([name, value]) => `${name} ${numberText(value)}`).join(", "); // prettier-ignore
  const rows = [
    ["folder", displayPath(run.folder)],
    ["state", `${run.state}, step ${progressOf(run)}, ${count(run.images)} images`],
    ["tags", run.tags.join(" ")],
    ["note", run.note ?? ""],
    ["metrics", values(run.metrics)],
    ["evaluation", values(run.evaluation)],
    ["best FID", bestOf(run)],
    ["checkpoints", checkpoints.length > 8 ? `${count(checkpoints.length)}, steps ${count(checkpoints[0])} … ${count(checkpoints.at(-1)!)}` : checkpoints.map(count).join(", ")],
    ...record.sessions.flatMap((session) => [
      ["session", `${session.started}, from step ${count(session.fromStep)}, ${session.end === undefined ? "no end is known" : `${session.end} at step ${count(session.step ?? 0)}`}${session.reason === undefined ? "" : `: ${session.reason}`}`],
      ["", commandLine(session.command)],
      ["", `ganglion ${session.ganglion}, Node ${session.nodeJs}, ${session.system}; ${session.nodes.length} nodes`],
    ]),
  ]; // prettier-ignore
  return [run.run, ...table(rows.filter(([, text]) => text !== "")).map((line) => `  ${line}`)];
}

function progressOf({ step, steps }: RunSummary): string {
  return steps > 0 ? `${count(step)}/${count(steps)}` : count(step);
}

const SHORT: Readonly<Record<string, string>> = { discriminator: "D", generator: "G", classifier: "C" };

function lossesOf({ metrics }: RunSummary): string {
  return Object.entries(metrics)
    .filter(([name]) => name.startsWith("loss/"))
    .map(([name, value]) => `${SHORT[name.slice("loss/".length)] ?? name} ${numberText(value)}`)
    .join(" ");
}

/** `12.3 at 4,000` */
function bestOf({ best }: RunSummary): string {
  return best ? `${numberText(best.fid)} at ${count(best.step)}` : "";
}

function numberText(value: number): string {
  return Number.isFinite(value) ? (Number.isInteger(value) ? count(value) : value.toPrecision(4)) : "none";
}

function namesOf(runs: readonly RunSummary[], of: (run: RunSummary) => RunSummary["metrics"]): string[] {
  return [...new Set(runs.flatMap((run) => Object.keys(of(run))))];
}

function metricRow(
  of: (run: RunSummary) => RunSummary["metrics"],
  prefix = "",
): (name: string) => [string, (run: RunSummary) => string] {
  return (name) => [prefix + name, (run) => (name in of(run) ? numberText(of(run)[name]) : "-")];
}

/** Columns in which no row but the first has anything are left out. */
function withoutEmpty(rows: readonly (readonly string[])[]): string[][] {
  const used = rows[0].map((_, column) => rows.slice(1).some((row) => row[column] !== ""));
  return rows.map((row) => row.filter((_, column) => used[column]));
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length))) ?? [];
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()); // prettier-ignore
}
