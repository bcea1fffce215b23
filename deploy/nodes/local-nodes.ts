// Nodes on this machine: inside this process, or a process each.
import type { Dataset } from "../../shared/data/dataset.ts";
import { GanglionError, messageOf } from "../../shared/errors.ts";
import type { Log } from "../../shared/log.ts";
import { type EngineChoice, checkThreads } from "../../worker/engine/engine-choice.ts";
import { nvidiaGpus, pinTo, visibleGpus } from "../../worker/devices/nvidia.ts";
import { runSession } from "../../worker/session.ts";
import { type NodeProcess, startNode } from "./node-process.ts";
import { flagsOf } from "../flags/options.ts";
import type { LocalJoin } from "../transports/served.ts";

export interface LocalNodesOptions {
  readonly join: LocalJoin;
  readonly workers: number;
  readonly threads: number;
  readonly choice: EngineChoice;
  /** As the user named it: processes load it themselves. */
  readonly data: string;
  /** Images of more bytes than this stay in their file. */
  readonly dataMemory: number | undefined;
  readonly train: Dataset;
  readonly test: Dataset | null;
  readonly log: Log;
  /** Called when a process was lost while others go on, or memory may be short. */
  readonly warn: (code: string, message: string) => void;
  /** A node of this process failed, or the last process is gone. */
  readonly failed: (error: GanglionError) => void;
}

export interface LocalNodes {
  /** Starts the nodes; they join as soon as the coordinator takes them. */
  start(): void;
  /** Resolves when every node has ended; those that do not end by themselves are made to. */
  close(): Promise<void>;
}

/** @throws GanglionError USAGE when the device cannot be shared by so many threads of one process */
export function createLocalNodes(options: LocalNodesOptions): LocalNodes {
  const { join } = options;
  switch (join.kind) {
    case "in process":
      return inProcess(options, join);
    case "process":
      return asProcesses(options, join);
    default:
      return join satisfies never;
  }
}

function nodeName(index: number): string {
  return `worker-${index}`;
}

/** Whether the coordinator's name of a node, which may have a NATS user before it, is that of such a node. */
export function isLocalNode(node: string): boolean {
  return /^(?:.*\/)?worker-\d+$/s.test(node);
}

function inProcess(
  options: LocalNodesOptions,
  { connect }: Extract<LocalJoin, { kind: "in process" }>,
): LocalNodes {
  const { workers, threads, choice, train, test, log, warn, failed } = options;
  checkThreads(choice, workers * threads);
  const sessions: Promise<unknown>[] = [];
  const loadData = (): Promise<{ train: Dataset; test: Dataset | null }> => Promise.resolve({ train, test });
  return {
    start() {
      for (let i = 0; i < workers; i++) {
        const node = nodeName(i);
        const session = runSession({
          node,
          connection: connect(node),
          choice,
          threads,
          loadData,
          log,
          ...(i === 0 && {
            memory: { threads: workers * threads, warn: (message: string) => warn("MEMORY", message) },
          }),
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
  { flags: joining, environment }: Extract<LocalJoin, { kind: "process" }>,
): LocalNodes {
  const { workers, threads, choice, data, dataMemory, warn, failed } = options;
  const memory = dataMemory === undefined ? [] : ["--data-memory", String(dataMemory)];
  const processes: NodeProcess[] = [];
  const watched: Promise<void>[] = [];
  let closing = false;
  let alive = workers;
  /** Reports a process that ends before it is asked to, with the last line that it wrote. */
  async function watch({ ended }: NodeProcess, node: string): Promise<void> {
    const end = await ended;
    if (closing || end.kind === "clean") return;
    alive--;
    const sentence = `${node} ended with ${end.how}`;
    if (alive > 0) warn("WORKER", `${sentence}; ${alive} of ${workers} workers go on`);
    else failed(new GanglionError("WORKER", `${sentence}; no worker is left`));
  }

  return {
    start() {
      const pins = choice.device === "cuda" ? visibleGpus(nvidiaGpus()).map(pinTo) : [];
      for (let i = 0; i < workers; i++) {
        const node = nodeName(i);
        const flags = [...joining, "--node", node, "--threads", String(threads)];
        const process = startNode({
          flags: [...flags, ...flagsOf(choice), "--data", data, ...memory, "--quiet"],
          environment: {
            ...(pins.length > 0 && pins[i % pins.length]),
            ...environment,
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
