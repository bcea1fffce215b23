// `ganglion doctor`: its flags.
import type { Command } from "commander";
import type { DoctorFlags } from "../../actions/machine/doctor.ts";

export function addDoctor(program: Command): void {
  program
    .command("doctor")
    .description(
      "try every engine and device of this machine with a real gradient, and say how to fix those that fail",
    )
    .option("--json", "the findings as one JSON line")
    .action(async (flags: DoctorFlags) => (await import("../../actions/machine/doctor.ts")).examine(flags));
}
