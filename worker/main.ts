// A node as a process of its own: joins a coordinator by address, again when the connection breaks.
import { setTimeout as delay } from "node:timers/promises";
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { type Joined, joinCoordinator } from "../shared/transport/join.ts";
import { loadPlanData } from "./data.ts";
import type { EngineChoice } from "./engine/open-engine.ts";
import { type SessionOptions, runSession } from "./session.ts";

export interface NodeOptions {
  readonly url: string;
  /** Which run of a NATS server; default the one in the address, or the only one. */
  readonly run?: string;
  readonly token?: string;
  /** Certificates to trust, PEM; default: those of the system. */
  readonly tlsCaFile?: string;
  readonly node: string;
  readonly choice: EngineChoice;
  readonly threads: number;
  /** Where this machine has the data, when not where the coordinator has it. */
  readonly data?: string;
  readonly log: Log;
  /** What happens, in a sentence, for the terminal. */
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
}

/** How long a coordinator may be away, and the longest pause between attempts. */
const AWAY_MS = 60_000;
const LONGEST_PAUSE_MS = 5000;

/**
 * Works until the coordinator says stop, or the node is asked to.
 *
 * @throws GanglionError TRANSPORT when no coordinator answers for a minute, AUTH, or what the session throws
 */
export async function runNode(options: NodeOptions): Promise<string> {
  const { url, run, token, tlsCaFile, node, stop, say } = options;
  let lostAt = performance.now();
  let lost: Joined | null = null;
  for (let attempt = 0; ; attempt++) {
    try {
      const joined = await joinCoordinator({
        url,
        name: node,
        signal: stop,
        say,
        ...(run !== undefined && { run }),
        ...(token !== undefined && { token }),
        ...(tlsCaFile !== undefined && { tlsCaFile }),
      });
      say(`joined ${joined.connection.peer}`);
      const { ended, final } = await takePart(options, joined);
      if (final || ENDINGS.has(ended) || stop.aborted) return ended;
      say(`lost ${url} (${ended}), joining again`);
      [lostAt, attempt, lost] = [performance.now(), 0, joined];
    } catch (error) {
      if (stop.aborted) return "the node was asked to stop";
      const away = performance.now() - lostAt;
      // Who cannot be asked may be back soon: then the attempts go on.
      if (await lost?.hasEnded().catch(() => false)) return "the run is over";
      if (!(error instanceof GanglionError) || error.code !== "TRANSPORT" || away > AWAY_MS) throw error;
      if (attempt === 0) say(`${messageOf(error)} Trying for ${AWAY_MS / 1000} s.`);
      await delay(Math.min(LONGEST_PAUSE_MS, 250 * 2 ** attempt), undefined, { signal: stop }).catch(
        () => undefined,
      );
    }
  }
}

/** Reasons with which a coordinator ends a run for good. */
const ENDINGS: ReadonlySet<string> = new Set(["the run is over"]);

/** One session; `final` when it was not the connection that ended it. */
async function takePart(
  options: NodeOptions,
  joined: Joined,
): Promise<{ readonly ended: string; readonly final: boolean }> {
  const { connection } = joined;
  try {
    const ended = await runSession(sessionOf(options, joined));
    return { ended, final: connection.status().connected };
  } finally {
    await connection.close("the node leaves");
  }
}

function sessionOf(options: NodeOptions, { connection, fetchData }: Joined): SessionOptions {
  const { node, choice, threads, log, stop, data, say } = options;
  const loadData: SessionOptions["loadData"] = (plan) => {
    say(`preparing: ${data ?? plan.data.name}, ${threads} ${threads === 1 ? "thread" : "threads"}`);
    return loadPlanData(plan, { own: data, fetch: fetchData, say });
  };
  return { node, connection, choice, threads, log, stop, loadData };
}
