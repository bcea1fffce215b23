// `ganglion train`: its flags.
import type { Command } from "commander";
import type { TrainFlags } from "../actions/train.ts";
import { addConfigFlags } from "../flags/config-flags.ts";
import { addEngineFlags, addRunFlags } from "../flags/options.ts";
import { oneOf, wholeNumber } from "../flags/parsers.ts";
import { addNatsFlags, addTlsFlags } from "../flags/transport-options.ts";
import { TRANSPORT_NAMES } from "../transports/transports.ts";

export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .description("train on this machine: coordinator and workers in one command");
  addTlsFlags(
    addNatsFlags(addEngineFlags(addRunFlags(addConfigFlags(command)))),
    "a dashboard beyond loopback is then https://",
  )
    .option("--workers <n>", "worker nodes (default: 2, on a GPU 1)", wholeNumber(1, 256))
    .option("--threads <n>", "threads a node, one shard at a time each", wholeNumber(1, 256), 1)
    .option(
      "--transport <kind>",
      "memory (nodes inside this process), ws or nats (a process each; ws is the default for several on a GPU)",
      oneOf(TRANSPORT_NAMES),
    )
    .option("--dry-run", "print config, networks, phases and cost, and start nothing")
    .addHelpText("after", EXAMPLES)
    .action(async (flags: TrainFlags) => {
      if (flags.dryRun === true)
        return (await import("../actions/dry-run.ts")).printDryRun({ workers: 2, ...flags });
      return (await import("../actions/train.ts")).trainLocally(flags);
    });
}

const EXAMPLES = `
Examples:
  ganglion train                                   digits drawn by code, about three minutes on two cores
  ganglion train --data ./photos                   dcgan at the size of your images
  ganglion train --data ./photos --filters 32      with half the channels: about four times as fast
  ganglion train --preset mnist --data ./mnist     settings made for MNIST
  ganglion train --model my-gan.js --steps 2000    networks of your own
  ganglion train --model my-gan.js --dry-run       its layers, what a step costs; starts nothing
  ganglion train --resume runs/00007-digits-strokes --steps 4800
`;
