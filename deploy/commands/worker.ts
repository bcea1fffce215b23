// `ganglion worker`: one node that joins a coordinator by address.
import { hostname } from "node:os";
import type { Command } from "commander";
import { createLog } from "../../shared/log.ts";
import { runNode } from "../../worker/main.ts";
import { wholeNumber } from "../flags.ts";
import { catchInterrupts } from "../interrupts.ts";
import { launchedOption, listenToLauncher } from "../launched.ts";
import { addEngineFlags } from "../options.ts";
import { type EngineFlags, settleEngine } from "../settle-engine.ts";

interface WorkerFlags extends EngineFlags {
  readonly join: string;
  readonly token?: string;
  readonly node: string;
  readonly threads: number;
  readonly data?: string;
  readonly quiet?: boolean;
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
    .option("--quiet", "say nothing but errors")
    .addOption(launchedOption())
    .addHelpText("after", "\nExample:\n  ganglion worker --join ws://192.0.2.7:8701 --threads 4\n")
    .action((flags: WorkerFlags) => work(flags));
}

async function work(flags: WorkerFlags): Promise<void> {
  const { join, node, threads, data, quiet } = flags;
  const launcher = flags.launched ? await listenToLauncher(process.stdin) : null;
  const token = launcher?.token ?? flags.token;
  const say = (sentence: string): void => {
    if (!quiet) process.stdout.write(`${sentence}\n`);
  };
  const interrupts = catchInterrupts(
    say,
    "leaving after the present lease (Ctrl-C again to end at once)",
    launcher?.ended,
  );
  try {
    const { choice, description } = await settleEngine(flags);
    say(`engine ${description}`);
    const log = createLog();
    const ended = await runNode({
      url: join,
      node,
      threads,
      choice,
      log,
      say,
      stop: interrupts.stop,
      ...(token !== undefined && { token }),
      ...(data !== undefined && { data }),
    });
    say(`left ${join}: ${ended}`);
  } finally {
    interrupts.release();
    launcher?.release();
  }
}
