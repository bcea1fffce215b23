// `ganglion worker`: one node that joins a coordinator by address, or one for each GPU.
import { hostname } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { isNodeName } from "../../shared/protocol/messages.ts";
import { parseNatsUrl } from "../../shared/transport/nats/client/client.ts";
import { nameWithin } from "../../shared/transport/nats/subjects.ts";
import { runNode } from "../../worker/main.ts";
import { type GpuWish, chooseGpus, nvidiaGpus, pinTo } from "../../worker/devices/nvidia.ts";
import { wholeNumber } from "../flags/flags.ts";
import { catchInterrupts } from "../run/interrupts.ts";
import { launchedOption, listenToLauncher } from "../nodes/launcher-channel.ts";
import { startNode } from "../nodes/node-process.ts";
import { addEngineFlags, flagsOf } from "../flags/options.ts";
import { complain, say as sayLine } from "../terminal/output.ts";
import { type EngineFlags, settleEngine } from "../nodes/settle-engine.ts";
import { type Slot, supervise } from "../nodes/supervisor.ts";
import { type NatsFlags, addNatsFlags } from "../flags/transport-options.ts";

interface WorkerFlags extends EngineFlags, NatsFlags {
  readonly join?: string;
  readonly run?: string;
  readonly node?: string;
  readonly threads: number;
  readonly data?: string;
  readonly patience: number;
  readonly quiet?: boolean;
  readonly gpus?: GpuWish;
  readonly launched?: boolean;
}

export function addWorker(program: Command): void {
  const command = program.command("worker").description("join a coordinator and compute what it leases");
  addNatsFlags(addEngineFlags(command))
    .option("--join <url>", "where to join: ws://HOST:PORT, wss://HOST:PORT or nats://HOST:PORT/RUN")
    .option("--run <name>", "which run of the NATS server, where it has several")
    .option(
      "--node <name>",
      "what the coordinator calls this node; a second one of the same name replaces the first (default: the NATS server's user, else host and process)",
    )
    .option("--threads <n>", "threads, one shard at a time each", wholeNumber(1, 256), 1)
    .option("--data <path|name>", "where this machine has the run's data; else it is fetched, and kept")
    .option(
      "--patience <seconds>",
      "how long the coordinator may be away, at the start and later, before the node gives up",
      wholeNumber(0, 1_000_000),
      120, // a minute's absence, what noticing it takes, and what coming back takes
    )
    .option(
      "--gpus <which>",
      "a node and process for each NVIDIA GPU, kept running: all, how many (2), or which (0,2; one: 1,); implies --device cuda",
      gpuWish,
    )
    .option("--quiet", "say nothing but errors")
    .addOption(launchedOption())
    .addHelpText("after", EXAMPLES)
    .action((flags: WorkerFlags) => {
      const { gpus, device = "cuda" } = flags;
      return gpus === undefined ? work(flags) : workOnGpus({ ...flags, device }, gpus);
    });
}

const EXAMPLES = `
Examples:
  ganglion worker --join ws://192.0.2.7:8701 --threads 4
  ganglion worker --join ws://192.0.2.7:8701 --gpus all
  ganglion worker --nats nats://192.0.2.7 --run 00007-digits-strokes
`;

/** `all`, `2` (so many), `0,2` (these), `1,` (this one). */
function gpuWish(text: string): GpuWish {
  if (text === "all") return { kind: "all" };
  if (/^[1-9]\d*$/.test(text)) return { kind: "count", count: Number(text) };
  const indices = text.replace(/,$/, "").split(",");
  if (text.includes(",") && indices.every((index) => /^\d+$/.test(index)))
    return { kind: "indices", indices: [...new Set(indices.map(Number))] };
  throw new InvalidArgumentError("Write all, a count (2) or a list of GPU numbers (0,2; only number 1: 1,).");
}

/** This process computes nothing: it starts a node for each GPU, pinned to it, and keeps them running. */
async function workOnGpus(flags: WorkerFlags, wish: GpuWish): Promise<void> {
  const { threads, data, run, tlsCa, patience } = flags;
  const { url, node } = whereToJoin(flags);
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
              flags: [...own, ...flagsOf(choice), ...(data === undefined ? [] : ["--data", data])],
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

async function work(flags: WorkerFlags): Promise<void> {
  const { threads, data, run, tlsCa, patience } = flags;
  const { url, node } = whereToJoin(flags);
  const farewell = `leaving after the present lease${flags.launched ? "" : " (Ctrl-C again to end at once)"}`;
  await whileWanted(flags, farewell, async ({ token, say, stop }) => {
    const { choice, description } = await settleEngine(flags, threads);
    say(`engine ${description}`);
    const log = createLog();
    const ended = await runNode({
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
function whereToJoin({ join, nats, node }: WorkerFlags): { readonly url: string; readonly node: string } {
  const given = [join, nats].filter((address) => address !== undefined);
  if (given.length !== 1)
    throw new GanglionError(
      "USAGE",
      given.length === 0
        ? "a worker needs an address: give --join ws://HOST:PORT of a coordinator, or --nats nats://HOST:PORT of a NATS server"
        : `--join ${join} and --nats ${nats} are two addresses: give one`,
    );
  const [url] = given;
  // Where users have rights of their own (deploy/nats.conf), a node must go by its user's name.
  const user = /^(nats|tls):/.test(url) ? parseNatsUrl(url).user : null;
  const name = user === null ? (node ?? `${hostname()}-${process.pid}`) : nameWithin(user, node);
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

/** `farewell` is said when the process is asked to stop. */
async function whileWanted(
  { launched, token, quiet }: WorkerFlags,
  farewell: string,
  body: (wanted: Wanted) => Promise<void>,
): Promise<void> {
  const launcher = launched ? await listenToLauncher(process.stdin) : null;
  const tell = (sentence: string): void => {
    if (!quiet) sayLine(sentence);
  };
  const interrupts = catchInterrupts(tell, farewell, launcher?.ended);
  try {
    await body({ token: launcher?.token || token, say: tell, stop: interrupts.stop });
  } finally {
    interrupts.release();
    launcher?.release();
  }
}
