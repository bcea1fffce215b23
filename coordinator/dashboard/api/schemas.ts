// What the routes of /api answer, as schemas: the answers are typed by them, and /api/schema tells them to programs.
import { z } from "zod";
import { SERIES_KINDS } from "../series/kind.ts";

const step = z.int().nonnegative();

/** Finite, or null where it was not. */
const value = z.number().nullable();

export const runAnswer = z.object({
  run: z.string().describe("the name of its folder"),
  state: z
    .enum(["preparing", "training", "paused", "stalled", "done", "stopped", "diverged", "failed"])
    .describe("of a run that was killed: failed"),
  reason: z.string().optional().describe("why it failed, or what it waits for"),
  preset: z.string(),
  steps: step.describe("of the whole run; 0 where it is not known"),
  batch: step,
  parameters: z.record(z.string(), step).describe("by network; empty where they are not known"),
  classes: step.describe("0 where the data has no labels"),
  labels: z.array(z.int()).optional().describe("of each class in the data, where that is not its number"),
  folder: z.string(),
  startedAt: z.string().nullable().describe("ISO 8601: the begin of the first session"),
});

export const samplesAnswer = z.object({
  samples: z
    .array(
      z.object({
        step,
        url: z.string().describe("of the PNG"),
        thumb: z.string().describe("of a WebP of at most 192 × 192 pixels"),
        columns: z.array(z.string()).optional().describe("the classes by column"),
        checkpoint: z.string().optional().describe("of the same step, by its file's name"),
      }),
    )
    .describe("every sample grid in the range, oldest first"),
});

const reading = {
  read: z
    .number()
    .min(0)
    .max(1)
    .describe("how much of stats.jsonl has been read; less than 1 while that goes on"),
  problem: z.string().nullable().describe("why the series end before the stats do"),
};

export const seriesAnswer = z.object({
  names: z.array(
    z.object({
      name: z.string().describe("as in stats.jsonl"),
      kind: z.enum(SERIES_KINDS),
      count: z.int().positive().describe("values that it has"),
      firstStep: step,
      lastStep: step,
    }),
  ),
  damagedLines: z.int().nonnegative().describe("lines of stats.jsonl that are no stats"),
  ...reading,
});

export const seriesDataAnswer = z.object({
  from: step,
  to: step,
  series: z
    .record(
      z.string(),
      z.object({
        steps: z.array(step).describe("the last step of each bucket"),
        min: z.array(value).describe("of its finite values; null where it has none"),
        max: z.array(value),
        last: z
          .array(value)
          .describe("of its last step; null where any of its values was not finite, which is a gap"),
      }),
    )
    .describe("by name; empty lists for a series that the run does not have"),
  ...reading,
});

export const warningsAnswer = z.object({
  warnings: z
    .array(
      z.object({
        code: z.string(),
        message: z.string().describe("as it was told last"),
        firstStep: step.describe("steps done when it was told first"),
        lastStep: step,
        times: z.int().positive(),
      }),
    )
    .describe("newest first; those that differ in numbers only are one"),
});

export const runsAnswer = z.object({
  folder: z.string(),
  runs: z
    .array(
      z.object({
        run: z.string(),
        url: z.string().describe("its page; its routes are under it, such as <url>api/series"),
        state: z.string(),
        step,
        steps: step.describe("0 where it is not known"),
        images: step,
        seconds: z.number().nonnegative().describe("of all sessions that ended"),
        metrics: z.record(z.string(), value).describe("of the newest step"),
        evaluation: z.record(z.string(), value).describe("the newest"),
        best: z.object({ step, fid: z.number() }).nullable(),
        tags: z.array(z.string()),
        note: z.string().nullable(),
        differs: z.array(z.string()).describe("config fields in which it differs from most of these runs"),
        problem: z.string().nullable().describe("why it cannot be read"),
      }),
    )
    .describe("newest first"),
  fields: z
    .record(z.string(), z.array(z.string().nullable()))
    .describe("config fields that are not the same in all, with the value of each run"),
});

export type RunAnswer = z.infer<typeof runAnswer>;
export type SamplesAnswer = z.infer<typeof samplesAnswer>;
export type SeriesAnswer = z.infer<typeof seriesAnswer>;
export type SeriesDataAnswer = z.infer<typeof seriesDataAnswer>;
export type WarningsAnswer = z.infer<typeof warningsAnswer>;
export type RunsAnswer = z.infer<typeof runsAnswer>;
