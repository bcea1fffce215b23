// `ganglion worker`: one node that joins a coordinator by address, or one for each GPU.
import { hostname } from "node:os";
import { usualDataMemory } from "../../shared/data/memory-bound.ts";
import { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { isNodeName } from "../../shared/protocol/messages.ts";
import { nodeNameAt } from "../../shared/transport/join.ts";
import { runNode } from "../../worker/main.ts";
import { type GpuWish, chooseGpus, nvidiaGpus, pinTo } from "../../worker/devices/nvidia.ts";
import { catchInterrupts } from "../run/interrupts.ts";
import { openLauncherChannel } from "../nodes/launcher-channel.ts";
import { startNode } from "../nodes/node-process.ts";
import { flagsOf, type EngineFlags } from "../flags/options.ts";
import { complain, say as sayLine } from "../terminal/output.ts";
import { settleEngine } from "../nodes/settle-engine.ts";
import { type Slot, supervise } from "../nodes/supervisor.ts";
import { type NatsFlags } from "../flags/transport-options.ts";

export interface WorkerFlags extends EngineFlags, NatsFlags {
  readonly join?: string;
  readonly run?: string;
  readonly node?: string;
  readonly threads: number;
  readonly data?: string;
  readonly dataMemory?: number;
  readonly patience: number;
  readonly quiet?: boolean;
  readonly gpus?: GpuWish;
  readonly launched?: boolean;
}

/**
 * Works until the coordinator or the user ends it.
 *
 * @throws GanglionError USAGE for flags that do not go together, and what a node or its engine throws
 */
export async function work(flags: WorkerFlags): Promise<void> {
  const { gpus, device = "cuda" } = flags;
  return gpus === undefined ? workAlone(flags) : workOnGpus({ ...flags, device }, gpus);
}

/** This process computes nothing: it starts a node for each GPU, pinned to it, and keeps them running. */
async function workOnGpus(flags: WorkerFlags, wish: GpuWish): Promise<void> {
  const { threads, run, tlsCa, patience } = flags;
  const { url, node } = await whereToJoin(flags);
  const gpus = chooseGpus(wish, nvidiaGpus());
  if (flags.device === "webgpu" && gpus.length > 1) {
    throw new GanglionError(
      "USAGE",
      `--gpus names ${gpus.length} GPUs, and nothing pins WebGPU to one of several: use --device cuda`,
    );
  }
  await whileWanted(
    flags,
    "stopping every worker (Ctrl-C again to end at once)",
    async ({ token, say, stop }) => {
      const { choice } = await settleEngine(flags, threads);
      const slots = gpus.map((gpu): Slot => {
        const name = `gpu${gpu.index}`;
        const access = [
          ...(run === undefined ? [] : ["--run", run]),
          ...(tlsCa === undefined ? [] : ["--tls-ca", tlsCa]),
        ];
        const effort = ["--threads", String(threads), "--patience", String(patience)];
        const own = ["--join", url, ...access, "--node", `${node}/${name}`, ...effort];
        return {
          name,
          start: () =>
            startNode({
              flags: [...own, ...flagsOf(choice), ...dataFlags(flags)],
              // The token stays out of the command line, which every user of the machine can read.
              environment: { ...pinTo(gpu), ...(token !== undefined && { GANGLION_TOKEN: token }) },
              onLine: (line) => say(`${name}: ${line}`),
            }),
        };
      });
      for (const { index, name } of gpus) say(`gpu${index}: ${name}`);
      const warn = (sentence: string): void => complain(`warning: ${sentence}`);
      await supervise({ slots, warn, stop });
    },
  );
}

/** The flags again, for a process that this one starts. */
function dataFlags({ data, dataMemory }: WorkerFlags): string[] {
  return [
    ...(data === undefined ? [] : ["--data", data]),
    ...(dataMemory === undefined ? [] : ["--data-memory", String(dataMemory)]),
  ];
}

async function workAlone(flags: WorkerFlags): Promise<void> {
  const { threads, data, run, tlsCa, patience, dataMemory = usualDataMemory() } = flags;
  const { url, node } = await whereToJoin(flags);
  const farewell = `leaving after the present lease${flags.launched ? "" : " (Ctrl-C again to end at once)"}`;
  await whileWanted(flags, farewell, async ({ token, say, stop }) => {
    const { choice, description } = await settleEngine(flags, threads);
    say(`engine ${description}`);
    const log = createLog();
    const ended = await runNode({
      dataMemory,
      url,
      node,
      threads,
      choice,
      patienceMs: patience * 1000,
      log,
      say,
      stop,
      ...(run !== undefined && { run }),
      ...(token !== undefined && { token }),
      ...(tlsCa !== undefined && { tlsCaFile: tlsCa }),
      ...(data !== undefined && { data }),
    });
    say(`left ${url}: ${ended}`);
  });
}

/** The one address that was given, and what the coordinator will call this node. */
async function whereToJoin({
  join,
  nats,
  node,
}: WorkerFlags): Promise<{ readonly url: string; readonly node: string }> {
  const given = [join, nats].filter((address) => address !== undefined);
  if (given.length !== 1)
    throw new GanglionError(
      "USAGE",
      given.length === 0
        ? "a worker needs an address: give --join ws://HOST:PORT of a coordinator, or --nats nats://HOST:PORT of a NATS server"
        : `--join ${join} and --nats ${nats} are two addresses: give one`,
    );
  const [url] = given;
  const name = (await nodeNameAt(url, node)) ?? `${hostname()}-${process.pid}`;
  if (!isNodeName(name))
    throw new GanglionError(
      "USAGE",
      `--node ${name} is no name for a node: give 1 to 200 characters, none of them a control or format character`,
    );
  return { url, node: name };
}

interface Wanted {
  readonly token: string | undefined;
  readonly say: (sentence: string) => void;
  /** Aborts at Ctrl-C or SIGTERM, and when a launcher is gone. */
  readonly stop: AbortSignal;
}

/** Runs `body` until it ends or is asked to stop, which `farewell` then confirms. */
async function whileWanted(
  { launched, token, quiet }: WorkerFlags,
  farewell: string,
  body: (wanted: Wanted) => Promise<void>,
): Promise<void> {
  const launcher = launched ? await openLauncherChannel(process.stdin) : null;
  const say = (sentence: string): void => {
    if (!quiet) sayLine(sentence);
  };
  const interrupts = catchInterrupts(say, farewell, launcher?.ended);
  try {
    await body({ token: launcher?.token || token, say, stop: interrupts.stop });
  } finally {
    interrupts.release();
    launcher?.release();
  }
}
