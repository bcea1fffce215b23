#!/usr/bin/env node
// The program `ganglion`: commands, and the way errors end it.
import { Console } from "node:console";
import { Command, CommanderError } from "commander";
import { GanglionError } from "../shared/errors.ts";
import { synonymOf } from "../shared/config/synonyms.ts";
import { printableText } from "../shared/printable.ts";
import { addBench } from "./commands/machine/bench.ts";
import { addControl } from "./commands/control.ts";
import { addCoordinator } from "./commands/coordinator.ts";
import { addDashboard } from "./commands/watching/dashboard.ts";
import { addData } from "./commands/data.ts";
import { addDoctor } from "./commands/machine/doctor.ts";
import { addExport } from "./commands/export.ts";
import { addEvaluate } from "./commands/evaluate.ts";
import { addFetch } from "./commands/fetch.ts";
import { addGenerate } from "./commands/generate.ts";
import { addInit } from "./commands/init.ts";
import { addLaunch } from "./commands/launch.ts";
import { addRuns } from "./commands/runs.ts";
import { addScale } from "./commands/scale.ts";
import { addSetup } from "./commands/machine/setup.ts";
import { addStatus } from "./commands/status.ts";
import { addTrain } from "./commands/train.ts";
import { addWorker } from "./commands/worker.ts";
import { programVersion } from "./run/journal/program-version.ts";
import { complain } from "./terminal/output.ts";

const USAGE_ERROR = 2;

/** In the order of the help. */
const COMMANDS = [
  addInit,
  addTrain,
  addCoordinator,
  addWorker,
  addLaunch,
  addScale,
  addControl,
  addStatus,
  addRuns,
  addDashboard,
  addFetch,
  addData,
  addGenerate,
  addExport,
  addEvaluate,
  addBench,
  addDoctor,
  addSetup,
];

const EXIT_CODES = `
Exit codes:
  0  done, or stopped cleanly (it can be resumed)
  1  failed: the cause is in the last line; a run can be resumed
  2  a mistake in the command, its files, the model or the data: fix that first
  3  training has diverged: the same command diverges again, so do not retry it
`;

async function main(): Promise<void> {
  const program = new Command("ganglion")
    .description(
      "Trains GANs over many workers: compiled tfjs steps, the same weights on any number of them.",
    )
    .version(programVersion())
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText("after", EXIT_CODES)
    .configureOutput({ outputError: (text, write) => write(printableText(text)) })
    .exitOverride();
  for (const add of COMMANDS) add(program);
  for (const command of program.commands) {
    const outputError = (text: string, write: (text: string) => void): void =>
      write(printableText(suggestNameHere(text, command)));
    command
      .exitOverride()
      .showHelpAfterError("(add --help for what there is)")
      .configureOutput({ outputError });
  }
  await program.parseAsync(argumentsFor(program), { from: "user" });
}

/** commander suggests what is spelled alike: --l2 for the --lr of other programs. */
function suggestNameHere(complaint: string, { options }: Command): string {
  const [, unknown] = /^error: unknown option '(--[^']+)'/.exec(complaint) ?? [];
  const flags = options.flatMap(({ long }) => long ?? []);
  const here = unknown === undefined ? undefined : synonymOf(unknown, flags);
  return here === undefined ? complaint : `error: unknown option '${unknown}'\n(Did you mean ${here}?)\n`;
}

/** A mistyped command is reported as one even where `--help` follows it; commander would show the program's own help. */
function argumentsFor(program: Command): readonly string[] {
  const given = process.argv.slice(2);
  const [name = "--help"] = given;
  const isKnown = [...program.commands.map((command) => command.name()), "help"].includes(name);
  return isKnown || name.startsWith("-") ? given : [name];
}

// Standard output is the program's own (`--json`): what users' modules and libraries print goes to standard error.
globalThis.console = new Console(process.stderr);

// Output that cannot be written does not end a training: a reader that goes away (`ganglion train | head`), a terminal that
// is closed (which stops it cleanly), a full disk behind `>`. Only the last needs a warning.
const GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED"]);
let isReported = false;
process.stderr.on("error", () => undefined);
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (GONE.has(error.code) || isReported) return;
  isReported = true;
  complain(`warning: standard output cannot be written: ${error.message}`);
});

try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : USAGE_ERROR; // commander has printed it
  } else if (error instanceof GanglionError) {
    complain(`ganglion: ${error.message}`);
    process.exitCode = error.exitCode;
    // A thread that hangs in native code would hold up a clean end forever.
    if (error.code === "HUNG") process.kill(process.pid, "SIGKILL");
  } else {
    complain(
      `ganglion: this is a defect of the program, please report it: ${error instanceof Error ? error.stack : String(error)}`,
    );
    process.exitCode = 1;
  }
}
