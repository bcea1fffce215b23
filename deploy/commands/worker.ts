// `ganglion worker`: one node that joins a coordinator by address.
import { hostname } from "node:os";
import type { Command } from "commander";
import { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { type NatsOptions, parseNatsUrl } from "../../shared/transport/nats-client.ts";
import { ENGINES, type EngineName } from "../../worker/engine/open-engine.ts";
import { runNode } from "../../worker/main.ts";
import { oneOf, wholeNumber } from "../flags.ts";
import { catchInterrupts } from "../interrupts.ts";
import { launchedOption, listenToLauncher } from "../launched.ts";
import { type NatsFlags, addNatsFlags, natsOptions } from "../transport-options.ts";

interface WorkerFlags extends NatsFlags {
  readonly join?: string;
  readonly run?: string;
  readonly node?: string;
  readonly threads: number;
  readonly engine: EngineName;
  readonly data?: string;
  readonly quiet?: boolean;
  readonly launched?: boolean;
}

export function addWorker(program: Command): void {
  const command = program.command("worker").description("join a coordinator and compute what it leases");
  addNatsFlags(command)
    .option("--join <url>", "where to join: ws://HOST:PORT, wss://HOST:PORT or nats://HOST:PORT/RUN")
    .option("--run <name>", "which run of the NATS server, where it has several")
    .option(
      "--node <name>",
      "what the coordinator calls this node; a second one of the same name replaces the first (default: the NATS server's user, else host and process)",
    )
    .option("--threads <n>", "threads, one shard at a time each", wholeNumber(1, 256), 1)
    .option("--engine <name>", "what executes the compiled step: graph or reference", oneOf(ENGINES), "graph")
    .option("--device <name>", "what the engine runs on", oneOf(["cpu"]), "cpu")
    .option("--data <path|name>", "where this machine has the run's data; else it is fetched, and kept")
    .option("--quiet", "say nothing but errors")
    .addOption(launchedOption())
    .addHelpText("after", EXAMPLES)
    .action((flags: WorkerFlags) => work(flags));
}

const EXAMPLES = `
Examples:
  ganglion worker --join ws://192.0.2.7:8701 --threads 4
  ganglion worker --nats nats://192.0.2.7 --run 00007-digits-strokes
`;

async function work(flags: WorkerFlags): Promise<void> {
  const { run, threads, engine, data, quiet } = flags;
  const launcher = flags.launched ? await listenToLauncher(process.stdin) : null;
  const { url, ...access } = whereToJoin(launcher ? { ...flags, token: launcher.token } : flags);
  const { node = userOf(url) ?? `${hostname()}-${process.pid}` } = flags;
  const say = (sentence: string): void => {
    if (!quiet) process.stdout.write(`${sentence}\n`);
  };
  const interrupts = catchInterrupts(
    say,
    "leaving after the present lease (Ctrl-C again to end at once)",
    launcher?.ended,
  );
  try {
    const log = createLog();
    const ended = await runNode({
      url,
      ...access,
      node,
      threads,
      engine,
      log,
      say,
      stop: interrupts.stop,
      ...(run !== undefined && { run }),
      ...(data !== undefined && { data }),
    });
    say(`left ${url}: ${ended}`);
  } finally {
    interrupts.release();
    launcher?.release();
  }
}

/** Where users have rights of their own (deploy/nats.conf), a node must go by its user's name. */
function userOf(url: string): string | null {
  return /^(nats|tls):/.test(url) ? parseNatsUrl(url).user : null;
}

function whereToJoin(flags: WorkerFlags): NatsOptions {
  const { join, nats } = flags;
  const given = [join, nats].filter((address) => address !== undefined);
  if (given.length === 1) return { ...natsOptions(flags), url: given[0] };
  throw new GanglionError(
    "USAGE",
    given.length === 0
      ? "a worker needs an address: give --join ws://HOST:PORT of a coordinator, or --nats nats://HOST:PORT of a NATS server"
      : `--join ${join} and --nats ${nats} are two addresses: give one`,
  );
}
