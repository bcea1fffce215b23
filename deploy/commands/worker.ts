// `ganglion worker`: its flags.
import { type Command, InvalidArgumentError } from "commander";
import type { GpuWish } from "../../worker/devices/nvidia.ts";
import type { WorkerFlags } from "../actions/worker.ts";
import { DATA_MEMORY, addEngineFlags } from "../flags/options.ts";
import { byteSize, wholeNumber } from "../flags/parsers.ts";
import { addNatsFlags } from "../flags/transport-options.ts";
import { launchedOption } from "../nodes/launcher-channel.ts";

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
    .option("--data-memory <size>", DATA_MEMORY.help, byteSize)
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
    .action(async (flags: WorkerFlags) => (await import("../actions/worker.ts")).work(flags));
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
