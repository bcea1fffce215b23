// What is known of a run from outside its process: from its folder, or from a NATS server.
import { hostname } from "node:os";
import { z } from "zod";
import { listCheckpoints } from "../../coordinator/records/checkpoint/list-checkpoints.ts";
import type { RunPaths } from "../../coordinator/records/run-paths.ts";
import { type LockState, readLock } from "../../coordinator/records/run-lock.ts";
import { findLastJsonLine } from "../../coordinator/records/files/json-lines-tail.ts";
import { openRegularFile } from "../../shared/regular-file.ts";
import {
  type StatusRecord,
  decodeStatusRecord,
  isAlive,
  isOver,
  newStatusRecord,
} from "../../shared/status-record.ts";
import { type Life, type StoredRecord, judge, lastHeard, isOfSession } from "./life.ts";

export interface RunView {
  /** As the run last wrote it, with the newest step in its folder; `heartbeat` is when it was last heard of. */
  readonly record: StatusRecord;
  readonly life: Life;
  /** Null for a run that only a NATS server lists. */
  readonly folder: FolderFacts | null;
}

export interface FolderFacts {
  readonly path: string;
  readonly lock: LockState;
  /** False until the session that has the lock has written its status. */
  readonly hasStatus: boolean;
  /** Steps of the newest checkpoint; null when there is none. */
  readonly checkpoint: number | null;
}

export function viewOfRecord(record: StatusRecord, now: number): RunView {
  const life = isOver(record) ? "over" : isAlive(record, now) ? "going" : "silent";
  return { record, life, folder: null };
}

/**
 * Reads a run's folder, while the run goes on or later, and changes nothing.
 *
 * @throws the system's error for a file that cannot be read
 */
export async function viewOfFolder(paths: RunPaths): Promise<RunView> {
  const lock = await readLock(paths.path); // first: a run that ends in the meantime has written so before it gave up the lock
  const stored = await readStored(paths.statusFile);
  const newest = await readNewestStep(paths.statsFile);
  const evidence = { lock, stored, wroteAt: newest?.wroteAt ?? 0, now: Date.now() };
  const life = judge(evidence);
  if (life === "gone" && (await readLock(paths.path)).kind === "held") return viewOfFolder(paths); // just resumed
  const [checkpoint] = await listCheckpoints(paths.checkpoints);
  const { name: run, path } = paths; // the record's name may be of before the folder was renamed
  const host = lock.kind === "elsewhere" ? lock.host : hostname();
  const record = withNewestStep(stored?.record ?? newStatusRecord({ run, host, dashboard: null }), newest);
  const hasStatus = isOfSession(lock, stored);
  return {
    record: {
      ...record,
      run,
      ...(!hasStatus && { state: "preparing", host }),
      ...((life === "gone" || !hasStatus) && { nodes: [], dashboard: null, farDashboard: null }),
      ...(life !== "over" && { heartbeat: lastHeard(evidence) }),
    },
    life,
    folder: { path, lock, hasStatus, checkpoint: checkpoint?.step ?? null },
  };
}

/** Null when there is none, or only what this version does not understand. */
async function readStored(file: string): Promise<StoredRecord | null> {
  const handle = await openRegularFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (!handle) return null;
  try {
    const { mtimeMs } = await handle.stat();
    const record = decodeStatusRecord(await handle.readFile("utf8"));
    return record && { record, writtenAt: mtimeMs };
  } finally {
    await handle.close();
  }
}

/** Of a line of `stats.jsonl`; lines of evaluations have other fields. */
const stepSchema = z.object({
  step: z.int().nonnegative(),
  version: z.int().nonnegative(),
  imagesPerSecond: z.number().nonnegative(),
  remainingSeconds: z.number().nonnegative().nullish(),
});
type NewestStep = z.infer<typeof stepSchema> & { readonly wroteAt: number };

async function readNewestStep(file: string): Promise<NewestStep | null> {
  const { line, writtenAt } = await findLastJsonLine(
    file,
    (value) => stepSchema.safeParse(value).data ?? null,
  );
  return line && { ...line, wroteAt: writtenAt };
}

/** The record is up to two seconds old, and one of a resumed session knows no step before its first. */
function withNewestStep(record: StatusRecord, newest: NewestStep | null): StatusRecord {
  if (!newest || newest.step < record.step) return record;
  const stands = record.state === "stalled" || record.state === "paused";
  if (stands && newest.step === record.step) return record; // the speed it had is over
  const { step, version, imagesPerSecond, remainingSeconds, wroteAt } = newest;
  const pace = {
    imagesPerSecond,
    stepAt: Math.floor(wroteAt),
    ...(remainingSeconds != null && { remainingSeconds }),
  };
  return { ...record, step, version, ...(record.stepAt !== undefined && pace) };
}
