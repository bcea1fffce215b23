// What a list of runs says of each: read from its folder, from the ends of its files alone.
import { readFile } from "node:fs/promises";
import { listCheckpoints } from "../../coordinator/records/checkpoint/list-checkpoints.ts";
import { findLastJsonLine } from "../../coordinator/records/files/json-lines-tail.ts";
import { numberOf } from "../../coordinator/records/run-name.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { type RunRecord, readRunRecord } from "../../coordinator/records/run-record.ts";
import { type StatsLine, statsLineOf } from "../../coordinator/records/stats/stats-line.ts";
import { parseConfig } from "../../shared/config/config.ts";
import { isObject } from "../../shared/is-object.ts";
import { viewOfFolder } from "../status/run-view.ts";

export interface RunSummary {
  /** 0 for a folder without one. */
  readonly number: number;
  readonly run: string;
  readonly folder: string;
  /** As the run says; `silent` where it has not been heard of, `gone` where it ended without a word. */
  readonly state: string;
  readonly step: number;
  /** Of the whole run; 0 where it is not known. */
  readonly steps: number;
  readonly images: number;
  /** Of all sessions that ended, from their start on. */
  readonly seconds: number;
  /** Losses and other metrics of the newest step, by their names in stats.jsonl. */
  readonly metrics: StatsLine;
  /** Of the newest evaluation, by name; empty where there is none near the end of the stats. */
  readonly evaluation: StatsLine;
  readonly best: RunRecord["best"];
  /** Steps of the checkpoints that are there, oldest first. */
  readonly checkpoints: readonly number[];
  readonly tags: readonly string[];
  readonly note: string | null;
  readonly record: RunRecord;
  /** As config.json has it; not checked where another version wrote other fields. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** @throws the system's error for a file that cannot be read */
export async function summarize(paths: RunPaths): Promise<RunSummary> {
  const [view, record, config, last, evaluated, checkpoints] = await Promise.all([
    viewOfFolder(paths),
    readRunRecord(paths.runFile),
    readConfig(paths.configFile),
    findLastJsonLine(paths.statsFile, (value) => lineWith(value, (key) => key === "images")),
    findLastEvaluation(paths.statsFile),
    listCheckpoints(paths.checkpoints),
  ]);
  const { life } = view;
  const { step, steps, state } = view.record;
  return {
    number: numberOf(paths.name),
    run: paths.name,
    folder: paths.path,
    state: life === "gone" || life === "silent" ? life : state,
    step: Math.max(step, last.line?.["step"] ?? 0),
    steps: steps || stepsOf(config),
    images: last.line?.["images"] ?? 0,
    seconds: record.sessions.reduce((sum, session) => sum + secondsOf(session), 0),
    metrics: metricsOf(last.line ?? {}),
    evaluation: evaluated ?? {},
    best: record.best,
    checkpoints: checkpoints.map((one) => one.step).reverse(),
    tags: record.tags,
    note: record.note,
    record,
    config,
  };
}

/** Nothing where there is none yet, or no JSON: the run is listed all the same. */
async function readConfig(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const value: unknown = JSON.parse(await readFile(file, "utf8"));
    return isObject(value) ? completed(value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** With the defaults of fields that an older version did not have, where it is a config of this one. */
function completed(written: Record<string, unknown>): Readonly<Record<string, unknown>> {
  try {
    return { ...parseConfig(written) };
  } catch {
    return written;
  }
}

function stepsOf({ length }: Readonly<Record<string, unknown>>): number {
  return isObject(length) && "steps" in length && typeof length.steps === "number" ? length.steps : 0;
}

function lineWith(value: unknown, has: (key: string) => boolean): StatsLine | null {
  const line = statsLineOf(value);
  return line && Object.keys(line).some(has) ? line : null;
}

/** So much of the end of the stats is searched for one, and four times as much at most. */
const MOST_BYTES = 256 << 10;

/** An evaluation may be thousands of steps before the end; where it is beyond the tail that is read, it is left out. */
async function findLastEvaluation(file: string): Promise<StatsLine | null> {
  const isOne = (key: string): boolean => key.startsWith("evaluation/");
  const { line } = await findLastJsonLine(file, (value) => lineWith(value, isOne), MOST_BYTES);
  if (!line) return null;
  const values = Object.entries(line).filter(([key]) => isOne(key));
  return Object.fromEntries(values.map(([key, value]) => [key.slice("evaluation/".length), value]));
}

/** What is no fact of the step itself, nor a norm. */
function metricsOf(line: StatsLine): StatsLine {
  const others =
    /^(?:step|version|images|epoch|seconds|imagesPerSecond|remainingSeconds|(?:layerGradientNorm|gradientNorm|rate)\/.*)$/;
  return Object.fromEntries(Object.entries(line).filter(([key]) => !others.test(key)));
}

function secondsOf({ started, ended }: RunRecord["sessions"][number]): number {
  const milliseconds = ended === undefined ? 0 : Date.parse(ended) - Date.parse(started);
  return Number.isFinite(milliseconds) ? Math.max(0, milliseconds / 1000) : 0;
}
