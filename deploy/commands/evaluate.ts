// `ganglion evaluate`: its flags.
import type { Command } from "commander";
import type { EvaluateFlags } from "../actions/evaluate.ts";
import { EXTRACTOR_HELP, wholeExtractor } from "../evaluation/evaluation-flags.ts";
import { DATA_MEMORY, addEngineFlags } from "../flags/options.ts";
import { addFlags } from "../flags/flag.ts";
import { wholeNumber } from "../flags/parsers.ts";

export function addEvaluate(program: Command): void {
  const command = program
    .command("evaluate")
    .description("measure how good trained generators are: FID, KID, precision, recall and more")
    .argument(
      "<run|checkpoint...>",
      "runs by number, name or folder (their newest checkpoint), or .safetensors files",
    )
    .option("--all", "all checkpoints that the runs have kept, oldest first")
    .option(
      "--count <n>",
      "images to measure, and as many real ones (default: the run's, 10000)",
      wholeNumber(2, 1_000_000),
    )
    .option("--seed <n>", "of the noise (default: the run's)", wholeNumber(0))
    .option("--extractor <name|file>", EXTRACTOR_HELP, wholeExtractor)
    .option("--data <path|name>", "the real images (default: the run's data)")
    .option("--model <file>", "the run's model module, where it is another copy")
    .option("--threads <n>", "threads that compute (default: one for each core)", wholeNumber(1))
    .option("--out <dir>", "where runs named by number or name are looked for", "runs")
    .option("--json", "one JSON object a line for each checkpoint");
  addFlags(command, { dataMemory: DATA_MEMORY });
  addEngineFlags(command)
    .addHelpText("after", EXAMPLES)
    .action(async (named: string[], flags: EvaluateFlags) =>
      (await import("../actions/evaluate.ts")).evaluate(named, flags),
    );
}

const EXAMPLES = `
Examples:
  ganglion evaluate 7                                its newest checkpoint, with 10,000 images
  ganglion evaluate 7 --all                          all its checkpoints: which is the best?
  ganglion evaluate 7 8 --count 2000 --seed 1        two runs with the same number of images
  ganglion evaluate 7 --extractor inception.onnx     published FIDs: docs/evaluation.md has the recipe
`;
