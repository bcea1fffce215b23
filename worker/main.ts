// A node as a process of its own: joins a coordinator by address, again when the connection breaks.
import { setTimeout as delay } from "node:timers/promises";
import { loadDataset } from "../shared/data/load.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import { connectWebSocket } from "../shared/transport/websocket.ts";
import type { EngineChoice } from "./engine/open-engine.ts";
import { type SessionOptions, runSession } from "./session.ts";

export interface NodeOptions {
  readonly url: string;
  readonly token?: string;
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
  const { url, token, node, stop, say } = options;
  let lostAt = performance.now();
  for (let attempt = 0; ; attempt++) {
    try {
      const connection = await connectWebSocket({
        url,
        name: node,
        signal: stop,
        ...(token !== undefined && { token }),
      });
      say(`joined ${url}`);
      const ended = await runSession(sessionOf(options, connection)).catch(async (error: unknown) => {
        await connection.close(`the node failed: ${messageOf(error)}`); // else it keeps the process alive
        throw error;
      });
      if (connection.status().connected || ENDINGS.has(ended) || stop.aborted) return ended;
      say(`lost ${url} (${ended}), joining again`);
      [lostAt, attempt] = [performance.now(), 0];
    } catch (error) {
      if (stop.aborted) return "the node was asked to stop";
      const away = performance.now() - lostAt;
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

function sessionOf(options: NodeOptions, connection: SessionOptions["connection"]): SessionOptions {
  const { node, choice, threads, log, stop, data, say } = options;
  const loadData = async ({ data: wanted, evaluate }: Plan): ReturnType<SessionOptions["loadData"]> => {
    const source = data ?? wanted.name;
    say(`preparing: ${source}, ${threads} ${threads === 1 ? "thread" : "threads"}`);
    return {
      train: await loadDataset(source, "train"),
      test: evaluate ? await loadDataset(source, "test") : null,
    };
  };
  return { node, connection, choice, threads, log, stop, loadData };
}
