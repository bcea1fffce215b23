// What a run tells of itself every two seconds, to whoever asks for its status: its folder and a NATS server keep it.
import { z } from "zod";

const count = z.int().nonnegative();
const text = z.string().max(1000);

/** Fields that it does not know are left out: another version may write more. */
const schema = z.object({
  run: text.min(1),
  state: z.enum(["preparing", "training", "paused", "stalled", "done", "stopped", "diverged", "failed"]),
  step: count,
  steps: count,
  /** Of the weights. */
  version: count,
  imagesPerSecond: z.number().nonnegative(),
  /** To the last step at the present speed; missing before the first. */
  remainingSeconds: z.number().nonnegative().optional(),
  /** When the newest step was done, ms since 1970; missing before this session's first. */
  stepAt: count.optional(),
  /** Where a browser on the coordinator's machine sees it; null when it is off. */
  dashboard: text.nullable(),
  /** Where one on another machine does; null where none can, absent in records of an older version. */
  farDashboard: text.nullable().optional(),
  host: text,
  nodes: z
    .array(
      z.object({
        node: text,
        threads: count,
        engine: text,
        device: text,
        state: text,
        contributions: count,
        /** Absent in records of an older version. */
        faults: count.optional(),
        /** Milliseconds; absent in records of an older version. */
        shardMs: z.number().nonnegative().nullable().optional(),
      }),
    )
    .max(10_000),
  /** What was refused, by reason: contributions, and what did not become a message. */
  refused: z.record(z.string().max(100), count),
  /** The newest warnings, newest first; absent in records of an older version. */
  warnings: z
    .array(
      z.object({
        code: text,
        /** As it was told last. */
        message: text,
        /** Steps done when it was told first in this session. */
        since: count,
        times: count,
      }),
    )
    .max(100)
    .optional(),
  /** Why it failed or diverged, or what it waits for while it is stalled. */
  reason: text.optional(),
  /** The coordinator's clock, ms since 1970. */
  heartbeat: count,
});
export type StatusRecord = z.infer<typeof schema>;

/** A running coordinator writes its record so often. */
export const HEARTBEAT_MS = 2000;
/** One that has not written for so long is not counted as alive. */
const SILENT_MS = 10_000;

/** Of a run that has not told anything yet. */
export function newStatusRecord(
  about: Pick<StatusRecord, "run" | "host" | "dashboard" | "farDashboard">,
): StatusRecord {
  const progress = { step: 0, steps: 0, version: 0, imagesPerSecond: 0 };
  return { ...about, state: "preparing", ...progress, nodes: [], refused: {}, heartbeat: 0 };
}

export function encodeStatusRecord(record: StatusRecord): string {
  return JSON.stringify(schema.parse(record));
}

/** Null for what is no record: another version's, a stranger's, or half of one. */
export function decodeStatusRecord(json: string): StatusRecord | null {
  try {
    return schema.parse(JSON.parse(json));
  } catch {
    return null;
  }
}

/** Whether the run has said that it is over. */
export function isOver({ state }: Pick<StatusRecord, "state">): boolean {
  return ENDED.has(state);
}

const ENDED: ReadonlySet<StatusRecord["state"]> = new Set(["done", "stopped", "diverged", "failed"]);

/** Whether a coordinator that was last heard of at `heartbeat` counts as there, as far as clocks agree. */
export function isFresh(heartbeat: number, now: number): boolean {
  return now - heartbeat < SILENT_MS;
}

/** Whether the run's coordinator is there, as far as clocks agree. */
export function isAlive(record: Pick<StatusRecord, "state" | "heartbeat">, now = Date.now()): boolean {
  return !isOver(record) && isFresh(record.heartbeat, now);
}
