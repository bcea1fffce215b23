// A dry run as people read it: aligned tables, units, at most 110 columns.
import { describeClasses } from "../../shared/data/labels.ts";
import { gigabytes } from "../../shared/data/memory-bound.ts";
import { objectiveRows } from "../run/objective-text.ts";
import { builtLine } from "../run/built-line.ts";
import { count } from "../terminal/format.ts";
import type { DryRun } from "./dry-run.ts";

export function describeDryRun(run: DryRun): string {
  const sections = [
    section("config", configRows(run)),
    section(OBJECTIVE_TITLE, objectiveRows(run.config, run.hasOwnLosses).flatMap(wrapped)),
    ...Object.entries(run.networks).map(([name, network]) => networkSection(name, network)),
    section("phases, in this order in every step", phaseRows(run)) + normalizationLine(run),
    section("cost", costRows(run)),
  ];
  const warnings = run.warnings.map(({ message }) => `warning: ${message}\n`).join("");
  return `${sections.join("\n\n")}\n\n${warnings}This was a dry run: nothing was started, nothing was written.\n`;
}

const OBJECTIVE_TITLE =
  "what is minimized, and how (x real images, x̂ = G(z), σ⁺(a) = log(1 + eᵃ), means over a shard)";

/** Columns of a row's text, which goes on in the next line. */
const FORMULA_WIDTH = 84;

function wrapped([name, text]: readonly [string, string]): string[][] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    if (lines[last] !== "" && lines[last].length + word.length >= FORMULA_WIDTH) lines.push(word);
    else lines[last] += lines[last] === "" ? word : ` ${word}`;
  }
  return lines.map((line, i) => [i === 0 ? name : "", line]);
}

/** Columns as wide as their widest cell; `right` names those that end flush. */
function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const cell = (text: string, column: number): string =>
    right.includes(column) ? text.padStart(widths[column]) : text.padEnd(widths[column]);
  return rows.map((row) => `  ${row.map(cell).join("  ").trimEnd()}`).join("\n");
}

function section(title: string, rows: readonly (readonly string[])[], right?: readonly number[]): string {
  return `${title}\n${table(rows, right)}`;
}

function configRows({ config, data, steps }: DryRun): string[][] {
  const [height, width, channels] = data.imageShape;
  const built = builtLine(config, data.imageShape);
  const labels = data.classes > 0 ? `, ${describeClasses(data.classLabels, data.classNames)}` : ", no labels";
  return [
    ["images", `${count(data.count)} of ${height}×${width}×${channels}${labels}`],
    ...(built === null ? [] : [["networks", built]]),
    ["steps", `${count(steps)} of ${count(config.batch)} samples`],
    ...flatten(config),
  ];
}

/** `optimizer.beta1  0.5` and so on, every field. */
function flatten(value: object, path = ""): string[][] {
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (typeof inner === "object" && inner !== null && !Array.isArray(inner))
      return flatten(inner, `${path}${key}.`);
    return [[path + key, typeof inner === "string" ? inner : JSON.stringify(inner)]];
  });
}

function networkSection(name: string, network: DryRun["networks"][string]): string {
  const { inputs, layers, trained, untrained } = network;
  const rows = layers.map((layer) => [
    layer.name,
    layer.kind,
    layer.outputs.map(shape).join(" and "),
    count(layer.trained + layer.untrained),
    layer.frozen ? "frozen" : layer.untrained > 0 ? `${count(layer.untrained)} not trained` : "",
  ]);
  const total = `${count(trained)} parameters are trained${untrained > 0 ? `, ${count(untrained)} are not` : ""}`;
  const head = ["layer", "kind", "output", "parameters", ""];
  return `${name}: takes ${inputs.map(shape).join(" and ")}\n${table([head, ...rows], [3])}\n  ${total}`;
}

function shape(sizes: readonly (number | null)[]): string {
  return `[${sizes.map((size) => size ?? "?").join(", ")}]`;
}

function phaseRows({ phases }: DryRun): string[][] {
  return phases.map(({ name, trains, computes, every, usesSamples, shards, shardSize, calls }) => [
    name,
    `trains the ${trains.join(" and the ")}`,
    `${shards} ${shards === 1 ? "shard" : "shards"} of ${shardSize}`,
    `${count(calls)} kernel calls`,
    `${computes}${every > 1 ? `, every ${count(every)} steps` : ""}${usesSamples ? "" : ", no samples"}`,
  ]);
}

function normalizationLine({ batchNormalization }: DryRun): string {
  if (!batchNormalization) return "";
  const { networks, samples } = batchNormalization;
  const of = networks.map((name) => `the ${name}`).join(" and ");
  return `\n  batch normalization of ${of} takes its statistics over one shard, ${count(samples)} ${samples === 1 ? "sample" : "samples"}, not over the batch`;
}

function costRows(run: DryRun): string[][] {
  const { gflopPerStep, wire, disk, traceMs, config } = run;
  const { convolution, matmul, rest, total } = gflopPerStep;
  const { workers, threads, rounds } = wire;
  return [
    [
      "GFLOP a step",
      significant(total),
      `convolutions ${significant(convolution)}, matmuls ${significant(matmul)}, the rest ${significant(rest)}; ${significant(total / config.batch)} a sample`,
    ],
    ...memoryRows(run),
    ...rounds.map(({ phase, weights, gradients }, i) => [
      i === 0 ? "sent a round" : "",
      megabytes(weights + gradients),
      `${phase}: weights ${megabytes(weights)}, gradients ${megabytes(gradients)}`,
    ]),
    ["", "", `over ws, with --workers ${workers} --threads ${threads}; over memory nothing is sent`],
    ...checkpointRows(disk, config),
    ["time to trace", `${count(traceMs)} ms`, ""],
  ];
}

function memoryRows({ memory, memoryPerThread }: DryRun): string[][] {
  const { base, weights, programs, total } = memoryPerThread;
  const thread = base > 0 ? `the thread itself ${megabytes(base)}, ` : "at least; ";
  return [
    ...(memory === null ? [] : wholeRows(memory, total)),
    ["memory a thread", megabytes(total), `${thread}weights ${megabytes(weights)}`],
    ...programs.map(({ name, ports, constants, peak, isOccasional }) => [
      "",
      megabytes(ports + constants + (isOccasional ? 0 : peak)),
      `${name}: ${isOccasional ? "while it runs" : "in between"} ${megabytes(peak)}, inputs and outputs ${megabytes(ports)}${constants > 0 ? `, constants ${megabytes(constants)}` : ""}`,
    ]),
  ];
}

function wholeRows(
  { coordinator, images, threads, occasional, total }: NonNullable<DryRun["memory"]>,
  thread: number,
): string[][] {
  const each = `${threads > 1 ? `each of ${threads} threads` : "one thread"} ${megabytes(thread)}`;
  const parts = [`coordinator ${megabytes(coordinator)}`, `images ${megabytes(images)}`, each];
  return [
    ["memory", gigabytes(total), `about: ${parts.join(", ")}${occasional > 0 ? "," : ""}`],
    ...(occasional > 0 ? [["", "", `and ${megabytes(occasional)} while images are drawn or looked at`]] : []),
  ];
}

function checkpointRows(
  { checkpointBytes, written, kept, keptBytes }: DryRun["disk"],
  { keep, checkpointEvery }: DryRun["config"],
): string[][] {
  const rule =
    keep === "all" ? "all of them stay" : `${count(kept)} of ${count(written)} are there at the end`;
  const growth =
    keep === "all" ? `, ${megabytes((checkpointBytes * 1000) / checkpointEvery)} more every 1,000 steps` : "";
  return [
    ["a checkpoint", megabytes(checkpointBytes), `every ${count(checkpointEvery)} steps`],
    ["all checkpoints", megabytes(keptBytes), `${rule} (--keep ${keep})${growth}`],
  ];
}

function significant(value: number): string {
  return value >= 100 ? count(value) : value === 0 ? "0" : value.toPrecision(2);
}

function megabytes(bytes: number): string {
  if (bytes < 1e3) return `${bytes} B`;
  if (bytes >= 1e10) return gigabytes(bytes);
  return bytes < 1e6 ? `${(bytes / 1e3).toPrecision(3)} kB` : `${significant3(bytes / 1e6)} MB`;
}

function significant3(value: number): string {
  return value >= 1000 ? count(value) : value.toPrecision(3);
}
