// `ganglion data`: its flags.
import type { Command } from "commander";
import type { DataFlags } from "../actions/data.ts";
import { ACCEPTED_DATA } from "../../shared/data/formats.ts";
import { IMAGES } from "../flags/config-flags.ts";
import { addFlags } from "../flags/flag.ts";
import { oneOf, wholeNumber } from "../flags/parsers.ts";

export function addData(program: Command): void {
  const command = program
    .command("data")
    .description("look at a data set without training: what is there, what would be done to it, what is bad")
    .argument("<path|name>", ACCEPTED_DATA)
    .option("--split <name>", "train or test", oneOf(["train", "test"] as const), "train")
    .option("--out <file>", "a sheet of samples, by class where there are classes: a PNG")
    .option("--count <n>", "how many samples it shows", wholeNumber(1, 4096), 100)
    .option("--json", "one JSON object instead of text");
  addFlags(command, IMAGES)
    .addHelpText("after", EXAMPLES)
    .action(async (source: string, flags: DataFlags) =>
      (await import("../actions/data.ts")).describeData(source, flags),
    );
}

const EXAMPLES = `
Examples:
  ganglion data ./photos
  ganglion data ./photos --image-size 64 --out sheet.png
  ganglion data cifar-10-binary.tar.gz --json
`;
