// `ganglion scale`: more nodes, or fewer, for a launched run while it trains.
import type { Command } from "commander";
import { findRunIn } from "../../coordinator/records/run-folder.ts";
import { GanglionError } from "../../shared/errors.ts";
import { wholeNumber } from "../flags/flags.ts";
import { type ControlRequest, askLauncher } from "../launch/control.ts";
import { say } from "../terminal/output.ts";
import { plural } from "../terminal/plural.ts";

interface ScaleFlags {
  readonly add?: string;
  readonly out: string;
}

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
    .action((run: string, nodes: number | undefined, flags: ScaleFlags) => scale(run, nodes, flags));
}

async function scale(run: string, nodes: number | undefined, { add, out }: ScaleFlags): Promise<void> {
  const { path } = await findRunIn(out, run);
  const names = await askLauncher(path, requestOf(nodes, add));
  say(`${plural(names.length, "node")}: ${names.join(", ") || "none"}`);
}

function requestOf(nodes: number | undefined, add: string | undefined): ControlRequest {
  if (nodes !== undefined && add === undefined) return { type: "scale", nodes };
  if (nodes === undefined && add !== undefined) {
    const match = /^(?<host>.+):(?<gpus>\d{1,2})$/.exec(add);
    const gpus = Number(match?.groups?.["gpus"]);
    if (match && gpus > 0) return { type: "add", host: match.groups!["host"], nodes: gpus };
    throw new GanglionError("USAGE", `--add ${add} is no HOST:GPUS: write for example gpu9:4`);
  }
  throw new GanglionError("USAGE", "give a number of nodes, or --add HOST:GPUS, and not both");
}
