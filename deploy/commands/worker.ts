// `ganglion worker`: one node that joins a coordinator by address, or one for each GPU.
import { hostname } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { runNode } from "../../worker/main.ts";
import { type GpuWish, chooseGpus, nvidiaGpus, pinTo } from "../../worker/nvidia.ts";
import { wholeNumber } from "../flags.ts";
import { catchInterrupts } from "../interrupts.ts";
import { launchedOption, listenToLauncher } from "../launched.ts";
import { startNode } from "../node-process.ts";
import { addEngineFlags, flagsOf } from "../options.ts";
import { type EngineFlags, settleEngine } from "../settle-engine.ts";
import { type Slot, supervise } from "../supervisor.ts";

interface WorkerFlags extends EngineFlags {
  readonly join: string;
  readonly token?: string;
  readonly node: string;
  readonly threads: number;
  readonly data?: string;
  readonly quiet?: boolean;
  readonly gpus?: GpuWish;
  readonly launched?: boolean;
}

export function addWorker(program: Command): void {
  const command = program.command("worker").description("join a coordinator and compute what it leases");
  addEngineFlags(command)
    .requiredOption("--join <url>", "the coordinator's address, ws://HOST:PORT")
    .option("--token <secret>", "the coordinator's token (or GANGLION_TOKEN)", process.env["GANGLION_TOKEN"])
    .option(
      "--node <name>",
      "what the coordinator calls this node; a second one of the same name replaces the first",
      `${hostname()}-${process.pid}`,
    )
    .option("--threads <n>", "threads, one shard at a time each", wholeNumber(1, 256), 1)
    .option(
      "--data <path|name>",
      "where this machine has the run's data, if not where the coordinator has it",
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
  const { join, node, threads, data } = flags;
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
        const own = ["--join", join, "--node", `${node}-${name}`, "--threads", String(threads)];
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
      const warn = (sentence: string): void => void process.stderr.write(`warning: ${sentence}\n`);
      await supervise({ slots, warn, stop });
    },
  );
}

async function work(flags: WorkerFlags): Promise<void> {
  const { join, node, threads, data } = flags;
  const farewell = "leaving after the present lease (Ctrl-C again to end at once)";
  await whileWanted(flags, farewell, async ({ token, say, stop }) => {
    const { choice, description } = await settleEngine(flags, threads);
    say(`engine ${description}`);
    const log = createLog();
    const ended = await runNode({
      url: join,
      node,
      threads,
      choice,
      log,
      say,
      stop,
      ...(token !== undefined && { token }),
      ...(data !== undefined && { data }),
    });
    say(`left ${join}: ${ended}`);
  });
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
  const say = (sentence: string): void => {
    if (!quiet) process.stdout.write(`${sentence}\n`);
  };
  const interrupts = catchInterrupts(say, farewell, launcher?.ended);
  try {
    await body({ token: launcher?.token ?? token, say, stop: interrupts.stop });
  } finally {
    interrupts.release();
    launcher?.release();
  }
}
