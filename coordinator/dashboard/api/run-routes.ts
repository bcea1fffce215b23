// The routes of one run: what it is, its sample grids, its series, its warnings.
import { setTimeout } from "node:timers/promises";
import { readRunRecord } from "../../records/run-record.ts";
import { METRICS_TYPE } from "../metrics/metrics.ts";
import type { RunContent } from "../run-content.ts";
import type { Buckets } from "../series/buckets.ts";
import { kindOfSeries } from "../series/kind.ts";
import { BadParameter, parseData, parseNothing, parseRange } from "./parameters.ts";
import type { Reply } from "./reply.ts";
import { schemaDocument } from "./schema-document.ts";
import type { RunAnswer, SamplesAnswer, SeriesAnswer, SeriesDataAnswer, WarningsAnswer } from "./schemas.ts";

/** A run that was not read yet is waited for so long; then what has been read is answered. */
const PATIENCE_MS = 1000;

/**
 * Null where `path` is no route. `base`: what the run's paths begin with, such as `/runs/00007-digits`; empty for the only
 * run.
 *
 * @throws Error when files of the run cannot be read
 */
export async function runReply(
  run: RunContent,
  { path, base, query }: { readonly path: string; readonly base: string; readonly query: URLSearchParams },
): Promise<Reply | null> {
  try {
    switch (path) {
      case "/api/run":
        return await aboutRun(run, query);
      case "/api/samples":
        return await samples(run, base, query);
      case "/api/series":
        return await seriesNames(run, query);
      case "/api/series/data":
        return await seriesData(run, query);
      case "/api/warnings":
        parseNothing(query);
        return { kind: "json", value: { warnings: run.warnings.list() } satisfies WarningsAnswer };
      case "/metrics":
        parseNothing(query);
        return { kind: "text", type: METRICS_TYPE, text: await run.metrics.text(run.clients.size) };
      case "/api":
      case "/api/schema":
        return { kind: "json", value: schemaDocument() };
      default:
        return path.startsWith("/samples/thumbs/") ? await thumbnail(run, path) : null;
    }
  } catch (error) {
    if (error instanceof BadParameter) return refusal(400, "parameter", error.message);
    throw error;
  }
}

async function aboutRun({ history, folder }: RunContent, query: URLSearchParams): Promise<Reply> {
  parseNothing(query);
  const event = history.latestRun();
  if (!event) return refusal(404, "run", "the run is being prepared: ask again in a moment");
  const { type: _type, id: _id, time, ...about } = event;
  const [session] = (await readRunRecord(folder.runFile)).sessions;
  const value: RunAnswer = {
    ...about,
    labels: about.labels && [...about.labels],
    parameters: { ...about.parameters },
    startedAt: session?.started ?? time,
  };
  return { kind: "json", value };
}

async function samples(run: RunContent, base: string, query: URLSearchParams): Promise<Reply> {
  const { from, to } = parseRange(query);
  const { columns } = run;
  const value: SamplesAnswer = {
    samples: (await run.grids.list())
      .filter(({ step }) => step >= from && step <= to)
      .map(({ step, name, checkpoint }) => ({
        step,
        url: `${base}/samples/${name}`,
        thumb: `${base}/samples/thumbs/${name.replace(/png$/, "webp")}`,
        ...(columns && { columns: [...columns] }),
        ...(checkpoint !== undefined && { checkpoint }),
      })),
  };
  return { kind: "json", value };
}

async function thumbnail({ thumbnails }: RunContent, path: string): Promise<Reply | null> {
  const [, number] = /^\/samples\/thumbs\/(\d{6,15})\.webp$/.exec(path) ?? [];
  if (number === undefined) return null;
  const made = await thumbnails.of(`${number}.png`);
  if (made === "busy") return refusal(503, "busy", "too many pictures are being made: ask again in a moment");
  return made && { kind: "picture", type: "image/webp", ...made };
}

async function seriesNames({ series }: RunContent, query: URLSearchParams): Promise<Reply> {
  parseNothing(query);
  await upToDate(series);
  const names = series.facts().map((facts) => ({ ...facts, kind: kindOfSeries(facts.name) }));
  return { kind: "json", value: { names, ...series.state } satisfies SeriesAnswer };
}

async function seriesData({ series }: RunContent, query: URLSearchParams): Promise<Reply> {
  const { names, range, points } = parseData(query);
  await upToDate(series);
  const data = await series.data(names, range, points);
  const newest = Math.max(range.from, ...data.map(({ steps }) => steps.at(-1) ?? 0));
  const { read, problem } = series.state;
  const value: SeriesDataAnswer = {
    from: range.from,
    to: query.has("to") ? range.to : newest,
    series: Object.fromEntries(names.map((name, i) => [name, listsOf(data[i])])),
    read,
    problem,
  };
  return { kind: "json", value };
}

async function upToDate(series: RunContent["series"]): Promise<void> {
  await Promise.race([series.refresh(), setTimeout(PATIENCE_MS, undefined, { ref: false })]);
}

/** NaN is null in JSON, and nothing else here is not finite. */
function listsOf({ steps, min, max, last }: Buckets): Record<keyof Buckets, number[]> {
  return { steps: [...steps], min: [...min], max: [...max], last: [...last] };
}

function refusal(status: number, reason: string, message: string): Reply {
  return { kind: "refusal", status, reason, message };
}
