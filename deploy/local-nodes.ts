// Nodes on this machine: inside this process over memory, or one process each over WebSockets.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Dataset } from "../shared/data/dataset.ts";
import { GanglionError, messageOf } from "../shared/errors.ts";
import type { Log } from "../shared/log.ts";
import { type MemoryHub, createMemoryHub } from "../shared/transport/memory.ts";
import type { Hub } from "../shared/transport/transport.ts";
import { listenWebSocket } from "../shared/transport/websocket.ts";
import { type EngineChoice, checkThreads } from "../worker/engine/open-engine.ts";
import { runSession } from "../worker/session.ts";
import { flagsOf } from "./options.ts";

export type LocalTransport = "memory" | "ws";

export interface LocalNodesOptions {
  readonly transport: LocalTransport;
  readonly workers: number;
  readonly threads: number;
  readonly choice: EngineChoice;
  /** As the user named it: processes load it themselves. */
  readonly data: string;
  readonly train: Dataset;
  readonly test: Dataset | null;
  readonly log: Log;
  /** Hears of a process that was lost while others go on. */
  readonly warn: (code: string, message: string) => void;
  /** A node of this process failed, or the last process is gone. */
  readonly failed: (error: GanglionError) => void;
}

export interface LocalNodes {
  readonly hub: Hub;
  /** Starts the nodes; they join the hub as soon as it is served. */
  start(): void;
  /** Resolves when every node has ended; those that do not end by themselves are made to. */
  close(): Promise<void>;
}

/** @throws GanglionError USAGE when the device cannot be shared by so many threads of one process */
export async function createLocalNodes(options: LocalNodesOptions): Promise<LocalNodes> {
  switch (options.transport) {
    case "memory":
      return inProcess(options, createMemoryHub());
    case "ws":
      return asProcesses(options, await listenWebSocket({ host: "127.0.0.1", port: 0 }));
    default:
      return options.transport satisfies never;
  }
}

function inProcess(options: LocalNodesOptions, hub: MemoryHub): LocalNodes {
  const { workers, threads, choice, train, test, log, failed } = options;
  checkThreads(choice, workers * threads);
  const sessions: Promise<unknown>[] = [];
  const stop = new AbortController().signal;
  const loadData = (): Promise<{ train: Dataset; test: Dataset | null }> => Promise.resolve({ train, test });
  return {
    hub,
    start() {
      for (let i = 0; i < workers; i++) {
        const node = `worker-${i}`;
        const session = runSession({
          node,
          connection: hub.connect(node),
          choice,
          threads,
          loadData,
          log,
          stop,
        });
        sessions.push(session.catch((error: unknown) => failed(asFailure(node, error))));
      }
    },
    async close() {
      await Promise.all(sessions);
    },
  };
}

/** How long a process may take to end by itself. */
const GRACE_MS = 5000;

function asProcesses(options: LocalNodesOptions, hub: Hub): LocalNodes {
  const { workers, threads, choice, data, warn, failed } = options;
  const children: { readonly process: ChildProcess; readonly exited: Promise<unknown> }[] = [];
  let closing = false;
  let alive = workers;
  const kill = (): void => children.forEach(({ process: child }) => void child.kill("SIGKILL"));
  process.on("exit", kill); // a second Ctrl-C, or a defect: no node may outlive the run
  /** Tells of a process that ends before it is asked to, with the last it said. */
  async function supervise(child: ChildProcess, node: string): Promise<void> {
    let complaint = "";
    child.stderr?.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-2000)));
    try {
      await once(child, "exit");
    } catch (error) {
      complaint = messageOf(error);
    }
    if (closing || child.exitCode === 0) return;
    alive--;
    const end = child.signalCode ? `signal ${child.signalCode}` : `exit code ${child.exitCode}`;
    const sentence = `${node} ended with ${end}${complaint && `: ${complaint.trim()}`}`;
    if (alive > 0) warn("WORKER", `${sentence}; ${alive} of ${workers} workers go on`);
    else failed(new GanglionError("WORKER", `${sentence}; no worker is left`));
  }

  return {
    hub,
    start() {
      const cli = fileURLToPath(new URL("./cli.js", import.meta.url));
      for (let i = 0; i < workers; i++) {
        const node = `worker-${i}`;
        const flags = [
          "--join",
          hub.address,
          "--node",
          node,
          "--threads",
          String(threads),
          ...flagsOf(choice),
          "--data",
          data,
          "--quiet",
        ];
        // Its own process group: Ctrl-C reaches the coordinator alone, which then stops its nodes in order.
        const child = spawn(process.execPath, [cli, "worker", ...flags], {
          stdio: ["ignore", "ignore", "pipe"],
          detached: true,
        });
        const exited = supervise(child, node);
        children.push({ process: child, exited });
      }
    },
    async close() {
      closing = true;
      const timer = setTimeout(kill, GRACE_MS);
      await Promise.all(children.map(({ exited }) => exited));
      clearTimeout(timer);
      process.off("exit", kill);
    },
  };
}

function asFailure(node: string, error: unknown): GanglionError {
  return error instanceof GanglionError
    ? error
    : new GanglionError("WORKER", `${node} failed: ${messageOf(error)}`, { cause: error });
}
