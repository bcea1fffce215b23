// `ganglion runs`: its flags.
import type { Command } from "commander";
import type { RunsFlags } from "../actions/runs.ts";

/** So many runs are listed, unless all are asked for. */
const SHOWN = 30;

export function addRuns(program: Command): void {
  program
    .command("runs")
    .description("list runs: how far they came, their losses and best FID, in what they differ")
    .argument("[run...]", "one run in full, or several side by side: folders, names or numbers")
    .option("--out <dir>", "where run folders are", "runs")
    .option("--all", `every run, not only the newest ${SHOWN}`)
    .option("--csv", "the stats of one run as CSV on standard output, one row a step")
    .option("--json", "one JSON object a run and line, of every run")
    .addHelpText("after", EXAMPLES)
    .action(async (named: readonly string[], flags: RunsFlags) =>
      (await import("../actions/runs.ts")).listRuns(named, flags, { shown: SHOWN }),
    );
}

const EXAMPLES = `
Examples:
  ganglion runs                        the runs in runs/, and what is peculiar to each
  ganglion runs 7                      one of them: its sessions, commands, checkpoints
  ganglion runs 7 9                    side by side, with the config fields that differ
  ganglion runs 7 --csv > stats.csv    every step's losses and norms, for a spreadsheet
`;
