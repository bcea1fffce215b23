// Keeps `run.json` up to date while a session of the run goes on: its start, its nodes, its end.
import { hostname, release, type } from "node:os";
import type { NodeView, NumberedEvent } from "../../../coordinator/dashboard/events.ts";
import type { EventHistory } from "../../../coordinator/dashboard/history.ts";
import {
  type RunRecord,
  type Session,
  type SessionNode,
  writeRunRecord,
} from "../../../coordinator/records/run-record.ts";
import { messageOf } from "../../../shared/errors.ts";
import { isOver } from "../../../shared/status-record.ts";
import { withoutSecrets } from "./command-line.ts";
import { programVersion } from "./program-version.ts";

const MOST_NODES = 1000;
const MOST_SESSIONS = 1000;

export interface SessionRecordOptions {
  readonly file: string;
  /** Of the run, with what this session calls it. */
  readonly record: RunRecord;
  readonly fromStep: number;
  /** What was typed behind `ganglion`. */
  readonly command: readonly string[];
  /** What this session was given to note. */
  readonly note?: string;
  readonly history: EventHistory;
  /** Called once with why the file cannot be written. */
  readonly failing: (cause: string) => void;
}

export interface SessionRecord {
  /** Writes how the session ended; it has failed for `reason` where the run has not said so itself. */
  stop(reason?: string): Promise<void>;
}

/** Writes nothing before the run is prepared: what is refused before leaves the file as it was. */
export function openSessionRecord(options: SessionRecordOptions): SessionRecord {
  const { record, fromStep, command, note, history } = options;
  const write = createWriter(options);
  let begun = false;
  let session: Session = {
    command: withoutSecrets(command),
    fromStep,
    ganglion: programVersion(),
    nodeJs: process.version,
    system: `${type()} ${release()} ${process.arch}`,
    host: hostname(),
    started: new Date().toISOString(),
    nodes: [],
    ...(note !== undefined && { note }),
  };
  let step = fromStep;
  let { best } = record;
  const put = (): Promise<void> =>
    write({ ...record, best, sessions: [...record.sessions, session].slice(-MOST_SESSIONS) });
  const hear = (event: NumberedEvent): void => {
    if (event.type === "step") ({ step } = event);
    else if (event.type === "workers") {
      const nodes = withNew(session.nodes, event.nodes, event.time);
      if (nodes === session.nodes) return;
      session = { ...session, nodes };
      if (begun) void put();
    } else if (event.type === "evaluation") {
      const { fid } = event.metrics;
      if (fid === undefined || !Number.isFinite(fid) || (best && best.fid <= fid)) return;
      best = { step: event.step, fid };
      void put();
    } else if (event.type === "run") {
      const { state, reason, time } = event;
      if (isOver({ state }))
        session = ended(session, { end: state as Session["end"], ended: time, step, reason });
      if (begun && !isOver({ state })) return;
      begun = true;
      void put();
    }
  };
  const unsubscribe = history.subscribe(hear);
  return {
    async stop(reason) {
      unsubscribe();
      if (!begun) return;
      if (session.end === undefined)
        session = ended(session, { end: "failed", ended: new Date().toISOString(), step, reason });
      await put();
    },
  };
}

function ended(
  session: Session,
  { reason, ...end }: Pick<Session, "end" | "ended" | "step"> & { readonly reason: string | undefined },
): Session {
  return { ...session, ...end, ...(reason !== undefined && { reason: reason.slice(0, 1000) }) };
}

/** The same array where all are known. */
function withNew(known: Session["nodes"], now: readonly NodeView[], joined: string): Session["nodes"] {
  const keyOf = ({ node, engine, device, threads }: Omit<SessionNode, "joined">): string =>
    JSON.stringify([node, engine, device, threads]);
  const keys = new Set(known.map(keyOf));
  const fresh = now
    .filter((view) => !keys.has(keyOf(view)))
    .slice(0, MOST_NODES - known.length)
    .map(({ node, threads, engine, device, numerics }) => ({
      node,
      threads,
      engine,
      device,
      ...(numerics !== undefined && { numerics }),
      joined,
    }));
  return fresh.length === 0 ? known : [...known, ...fresh];
}

/** One write at a time, and then the newest; never rejects. */
function createWriter({
  file,
  failing,
}: Pick<SessionRecordOptions, "file" | "failing">): (record: RunRecord) => Promise<void> {
  let next: RunRecord | null = null;
  let writing: Promise<void> | null = null;
  let fails = false;
  const drain = async (): Promise<void> => {
    for (let record = next; record; record = next) {
      next = null;
      try {
        await writeRunRecord(file, record);
        fails = false;
      } catch (error) {
        if (!fails) failing(messageOf(error));
        fails = true;
      }
    }
    writing = null;
  };
  return (record) => {
    next = record;
    return (writing ??= drain());
  };
}
