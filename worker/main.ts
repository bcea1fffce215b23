// A node as a process of its own: joins a coordinator by address, and rejoins when the connection breaks.
import { backOffMs, pause } from "../shared/async/back-off.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { NO_LEASE } from "../shared/protocol/messages.ts";
import { withTimeout } from "../shared/async/with-timeout.ts";
import { joinCoordinator } from "../shared/transport/join.ts";
import type { Joined } from "../shared/transport/joining.ts";
import type { Connection } from "../shared/transport/transport.ts";
import { loadPlanData } from "./data.ts";
import type { EngineChoice } from "./engine/engine-choice.ts";
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
  /** Images of more bytes than this stay in their file. */
  readonly dataMemory: number;
  /** How long a coordinator may be away, at the start and later. */
  readonly patienceMs: number;
  readonly log: Log;
  /** What happens, in a sentence, for the terminal. */
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
}

/** Between attempts to join. */
const PAUSES = { firstMs: 250, longestMs: 5000 } as const;
/** A session that was shorter is followed by a pause: what ended it will not be over by now. */
const SHORT_MS = 10_000;

/**
 * Works until the coordinator says stop, or the node is asked to.
 *
 * @throws GanglionError TRANSPORT when no coordinator answers for as long as it has patience, AUTH, or what the session
 *   throws
 */
export async function runNode(options: NodeOptions): Promise<string> {
  const { url, run, token, tlsCaFile, node, stop, say, patienceMs } = options;
  let lostAt = performance.now();
  let lost: Joined | null = null;
  /** Sessions in a row that were lost at once. */
  let lostAtOnce = 0;
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
      const joinedAt = performance.now();
      const { ended, final } = await takePart(options, joined);
      if (final || ENDINGS.has(ended) || stop.aborted) return ended;
      say(`lost ${url} (${ended}), joining again`);
      [lostAt, attempt, lost] = [performance.now(), 0, joined];
      lostAtOnce = lostAt - joinedAt < SHORT_MS ? lostAtOnce + 1 : 0;
      if (lostAtOnce > 0) await pause(backOffMs(lostAtOnce, PAUSES), stop);
    } catch (error) {
      if (stop.aborted) return "the node was asked to stop";
      const away = performance.now() - lostAt;
      // Who cannot be asked may be back soon: then the attempts go on.
      if (await lost?.hasEnded().catch(() => false)) return "the run is over";
      if (!(error instanceof GanglionError) || error.code !== "TRANSPORT") throw error;
      if (away >= patienceMs) throw outOfPatience(options, error, lost !== null);
      if (attempt === 0) say(`${error.message} (trying for ${patienceMs / 1000} s)`);
      await pause(Math.min(backOffMs(attempt + 1, PAUSES), patienceMs - away), stop);
    }
  }
}

/**
 * Not a clean end, even where the node has worked: whether the run has ended well, or its coordinator has died, it
 * cannot know, and who started it should look.
 */
function outOfPatience(
  { url, patienceMs }: NodeOptions,
  cause: GanglionError,
  hasWorked: boolean,
): GanglionError {
  const seconds = `${patienceMs / 1000} s`;
  return new GanglionError(
    "TRANSPORT",
    hasWorked
      ? `the coordinator at ${url} has not answered for ${seconds} (${cause.message}); if its run has ended, nothing is lost: what this node computed is with the coordinator; if not, start the node again, or give it more --patience`
      : `no coordinator answered at ${url} within ${seconds} (${cause.message}); start it first, check the address, or give the node more --patience`,
    { cause },
  );
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
  } catch (error) {
    if (connection.status().connected) await tellWhy(connection, error, options.log);
    throw error;
  } finally {
    await connection.close("the node leaves");
  }
}

/** How long the coordinator may take to hear it. */
const FAREWELL_MS = 5000;

/** Tells the coordinator why the node cannot take part, unless it knows; the node's user sees the error. */
async function tellWhy(connection: Connection, error: unknown, log: Log): Promise<void> {
  const reason = messageOf(error).slice(0, 4000);
  const told = connection
    .send({ type: "failed", lease: NO_LEASE, reason })
    .catch((cause: unknown) => log.debug({ error: messageOf(cause) }, "nobody heard why"));
  await withTimeout(told, FAREWELL_MS);
}

function sessionOf(options: NodeOptions, { connection, fetchData }: Joined): SessionOptions {
  const { node, choice, threads, log, stop, data, say, dataMemory } = options;
  const loadData: SessionOptions["loadData"] = (plan) => {
    say(`preparing: ${data ?? plan.data.name}, ${threads} ${threads === 1 ? "thread" : "threads"}`);
    return loadPlanData(plan, { own: data, fetch: fetchData, say, memoryBytes: dataMemory });
  };
  const memory = { threads, warn: (message: string) => say(`warning: ${message}`) };
  return { node, connection, choice, threads, log, stop, loadData, memory };
}
