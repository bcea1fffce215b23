// Keeps a run's status record up to date from its events, and hands it on every two seconds and at every change.
import { hostname } from "node:os";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import type { EventHistory } from "../../coordinator/dashboard/history.ts";
import type { Dashboard } from "../../coordinator/dashboard/server.ts";
import { alikeKey } from "../../shared/alike.ts";
import { messageOf } from "../../shared/errors.ts";
import { HEARTBEAT_MS, type StatusRecord, isOver, newStatusRecord } from "../../shared/status-record.ts";

export interface KeeperOptions {
  readonly run: string;
  readonly history: EventHistory;
  /** Where browsers see the run; null when the dashboard is off. */
  readonly dashboard: Pick<Dashboard, "url" | "farUrl"> | null;
  /** Replaces the record where it is kept; one call at a time. */
  readonly put: (record: StatusRecord) => Promise<void>;
  /** Called with the cause when `put` fails, once until it succeeds again. */
  readonly failing: (cause: string) => void;
}

export interface RecordKeeper {
  /** Hands on the last record. A run that has not said how it ended has failed, for `reason` where it is known. */
  stop(reason?: string, isGoingOn?: boolean): Promise<void>;
}

/** Resolves when the first record has been handed on, or could not be. */
export async function keepRecord(options: KeeperOptions): Promise<RecordKeeper> {
  const { run, history, dashboard } = options;
  let record = newStatusRecord({
    run,
    dashboard: dashboard?.url ?? null,
    farDashboard: dashboard?.farUrl ?? null,
    host: hostname(),
  });
  const beat = createBeat(options);
  const now = (): Promise<void> => beat({ ...record, heartbeat: Date.now() });
  const unsubscribe = history.subscribe((event) => {
    record = updated(record, event);
    if (event.type === "run" || event.type === "workers") void now(); // seldom, and waited for
  });
  await now();
  const timer = setInterval(() => void now(), HEARTBEAT_MS);
  return {
    async stop(reason, isGoingOn = false) {
      clearInterval(timer);
      unsubscribe();
      if (!isOver(record) && !isGoingOn) record = { ...record, state: "failed", ...reasonOf(reason) };
      record = { ...record, dashboard: null, farDashboard: null }; // it closes with the run
      await now();
    },
  };
}

/** Hands on one record at a time, and then the newest. */
function createBeat({
  put,
  failing,
}: Pick<KeeperOptions, "put" | "failing">): (record: StatusRecord) => Promise<void> {
  let next: StatusRecord | null = null;
  let writing: Promise<void> | null = null;
  let fails = false;
  async function write(): Promise<void> {
    for (let record = next; record; record = next) {
      next = null;
      try {
        await put(record);
        fails = false;
      } catch (error) {
        if (!fails) failing(messageOf(error));
        fails = true;
      }
    }
    writing = null;
  }
  return (record) => {
    next = record;
    return (writing ??= write());
  };
}

/** The record after an event; many change nothing. */
function updated(record: StatusRecord, event: NumberedEvent): StatusRecord {
  switch (event.type) {
    case "run":
      return ofState(record, event);
    case "workers":
      return { ...record, nodes: [...event.nodes], ...(event.refused && { refused: event.refused }) };
    case "step": {
      const { step, version, imagesPerSecond, remainingSeconds, time } = event;
      const speed = { imagesPerSecond, ...(Number.isFinite(remainingSeconds) && { remainingSeconds }) }; // a speed of 0 has none
      return { ...record, step, version, ...speed, stepAt: Date.parse(time) };
    }
    case "compiled":
    case "samples":
    case "checkpoint":
    case "evaluation":
    case "control":
      return record;
    case "warning":
      return { ...record, warnings: withWarning(record, event) };
    default:
      return event satisfies never;
  }
}

/** So many are kept. */
const WARNINGS = 10;

/** Newest first; one that differs in numbers only takes the place of the earlier one. */
function withWarning(
  { warnings = [], step }: StatusRecord,
  warning: { readonly code: string; readonly message: string },
): NonNullable<StatusRecord["warnings"]> {
  const { code } = warning;
  const message = warning.message.slice(0, 1000);
  const key = alikeKey({ code, message });
  const earlier = warnings.find((one) => alikeKey(one) === key);
  const newest = { code, message, since: earlier?.since ?? step, times: (earlier?.times ?? 0) + 1 };
  return [newest, ...warnings.filter((one) => one !== earlier)].slice(0, WARNINGS);
}

/** An earlier state's reason is gone with it; one that stalls or is paused has no speed, whatever it was before. */
function ofState(
  record: StatusRecord,
  { state, steps, reason }: Extract<NumberedEvent, { type: "run" }>,
): StatusRecord {
  const { reason: _reason, remainingSeconds, imagesPerSecond, ...others } = record;
  const speed = { imagesPerSecond, ...(remainingSeconds !== undefined && { remainingSeconds }) };
  const now = state === "stalled" || state === "paused" ? { imagesPerSecond: 0 } : speed;
  return { ...others, ...now, state, steps, ...reasonOf(reason) };
}

/** As much of it as a record holds. */
function reasonOf(reason: string | undefined): Pick<StatusRecord, "reason"> {
  return reason === undefined ? {} : { reason: reason.slice(0, 1000) };
}
