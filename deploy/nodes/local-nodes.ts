// Nodes on this machine: inside this process over memory, or one process each over WebSockets or NATS.
import type { Dataset } from "../../shared/data/dataset.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { type MemoryHub, createMemoryHub } from "../../shared/transport/memory.ts";
import type { Hub } from "../../shared/transport/transport.ts";
import { listenWebSocket } from "../../shared/transport/websocket/server.ts";
import { type EngineChoice, checkThreads } from "../../worker/engine/engine-choice.ts";
import { nvidiaGpus, pinTo, visibleGpus } from "../../worker/devices/nvidia.ts";
import { runSession } from "../../worker/session.ts";
import { type NodeProcess, startNode } from "./node-process.ts";
import { flagsOf } from "../flags/options.ts";

export type LocalTransport = "memory" | "ws" | "nats";

/** The run's place at a NATS server, and how nodes join it there. */
export interface NatsTransport {
  readonly join: string;
  readonly token: string | undefined;
  /** What nodes need beside the address and the token. */
  readonly flags: readonly string[];
  readonly open: () => Promise<Hub>;
}

export interface LocalNodesOptions {
  readonly transport: "memory" | "ws" | NatsTransport;
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
  const { transport } = options;
  switch (transport) {
    case "memory":
      return inProcess(options, createMemoryHub());
    case "ws":
      return asProcesses(options, await listenWebSocket({ host: "127.0.0.1", port: 0 }));
    default:
      return asProcesses(options, await transport.open(), transport);
  }
}

function nodeName(index: number): string {
  return `worker-${index}`;
}

/** Whether the coordinator's name of a node, which may have a NATS user before it, is that of such a node. */
export function isLocalNode(node: string): boolean {
  return /^(?:.*\/)?worker-\d+$/s.test(node);
}

function inProcess(options: LocalNodesOptions, hub: MemoryHub): LocalNodes {
  const { workers, threads, choice, train, test, log, failed } = options;
  checkThreads(choice, workers * threads);
  const sessions: Promise<unknown>[] = [];
  const loadData = (): Promise<{ train: Dataset; test: Dataset | null }> => Promise.resolve({ train, test });
  return {
    hub,
    start() {
      for (let i = 0; i < workers; i++) {
        const node = nodeName(i);
        const session = runSession({
          node,
          connection: hub.connect(node),
          choice,
          threads,
          loadData,
          log,
          stop: new AbortController().signal, // of its own: many listeners of one are taken for a leak
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

function asProcesses(
  options: LocalNodesOptions,
  hub: Hub,
  { join = hub.address, token, flags: access = [] }: Partial<Omit<NatsTransport, "open">> = {},
): LocalNodes {
  const { workers, threads, choice, data, warn, failed } = options;
  const processes: NodeProcess[] = [];
  const watched: Promise<void>[] = [];
  let closing = false;
  let alive = workers;
  /** Tells of a process that ends before it is asked to, with the last it said. */
  async function watch({ ended }: NodeProcess, node: string): Promise<void> {
    const end = await ended;
    if (closing || end.kind === "clean") return;
    alive--;
    const sentence = `${node} ended with ${end.how}`;
    if (alive > 0) warn("WORKER", `${sentence}; ${alive} of ${workers} workers go on`);
    else failed(new GanglionError("WORKER", `${sentence}; no worker is left`));
  }

  return {
    hub,
    start() {
      const pins = choice.device === "cuda" ? visibleGpus(nvidiaGpus()).map(pinTo) : [];
      for (let i = 0; i < workers; i++) {
        const node = nodeName(i);
        const flags = ["--join", join, ...access, "--node", node, "--threads", String(threads)];
        const process = startNode({
          flags: [...flags, ...flagsOf(choice), "--data", data, "--quiet"],
          environment: {
            ...(pins.length > 0 && pins[i % pins.length]),
            ...(token !== undefined && { GANGLION_TOKEN: token }), // others can read arguments
          },
        });
        processes.push(process);
        watched.push(watch(process, node));
      }
    },
    async close() {
      closing = true;
      const timer = setTimeout(() => processes.forEach((process) => process.kill("SIGKILL")), GRACE_MS);
      await Promise.all(watched);
      clearTimeout(timer);
    },
  };
}

function asFailure(node: string, error: unknown): GanglionError {
  return error instanceof GanglionError
    ? error
    : new GanglionError("WORKER", `${node} failed: ${messageOf(error)}`, { cause: error });
}
