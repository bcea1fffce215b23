// `ganglion status`: its flags.
import { type Command, Option } from "commander";
import type { StatusFlags } from "../actions/status.ts";
import { addNatsFlags } from "../flags/transport-options.ts";

/** So many runs that ended are shown, unless all are asked for. */
const ENDED_SHOWN = 5;

export function addStatus(program: Command): void {
  const command = program
    .command("status")
    .description("show the runs of this machine or of a NATS server: how far, how fast, on which nodes")
    .argument("[run]", "one run in detail: its folder, its name, or its number")
    .addOption(new Option("--out <dir>", "where run folders are").default("runs").conflicts("nats"));
  addNatsFlags(command)
    .option("--all", `every run that ended, not only the newest ${ENDED_SHOWN}`)
    .option("--json", "one JSON object a run and line, of every run")
    .addHelpText("after", EXAMPLES)
    .action(async (run: string | undefined, flags: StatusFlags) =>
      (await import("../actions/status.ts")).status(run, flags, { endedShown: ENDED_SHOWN }),
    );
}

const EXAMPLES = `
Examples:
  ganglion status                             the runs in runs/, whatever started them
  ganglion status 7                           one of them in detail
  ganglion status --nats nats://192.0.2.7     the runs of a NATS server
`;
