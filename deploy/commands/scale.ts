// `ganglion scale`: its flags.
import type { Command } from "commander";
import type { ScaleFlags } from "../actions/scale.ts";
import { wholeNumber } from "../flags/parsers.ts";

export function addScale(program: Command): void {
  program
    .command("scale")
    .description("change a launched cluster while it trains: nodes join and leave at the next lease")
    .argument("<run>", "the run's folder, its name, or its number")
    .argument("[nodes]", "how many nodes there are to be in all", wholeNumber(0, 1024))
    .option(
      "--add <host:gpus>",
      "so many GPU nodes more on a host of the file, or on another as its defaults say (by ssh)",
    )
    .option("--out <dir>", "where run folders are, for a name or number", "runs")
    .addHelpText(
      "after",
      "\nExamples:\n  ganglion scale runs/00007-mnist-mnist 12\n  ganglion scale 00007-mnist-mnist --add gpu9:4\n",
    )
    .action(async (run: string, nodes: number | undefined, flags: ScaleFlags) =>
      (await import("../actions/scale.ts")).scale(run, nodes, flags),
    );
}
