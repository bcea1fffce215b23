// `ganglion generate`: its flags.
import type { Command } from "commander";
import type { GenerateFlags } from "../actions/generate.ts";
import { addEngineFlags } from "../flags/options.ts";
import { wholeNumber } from "../flags/parsers.ts";

export function addGenerate(program: Command): void {
  const command = program.command("generate").description("draw images with a trained generator");
  addEngineFlags(command)
    .argument(
      "[run|checkpoint]",
      "a run by number, name or folder, for its newest checkpoint, or a .safetensors file",
    )
    .option("--checkpoint <run|checkpoint>", "the same, as a flag")
    .option(
      "--model <file>",
      "the run's model module, where it has moved, or no command line of yours has named it yet",
    )
    .option("--count <n>", "how many images", wholeNumber(1, 1024), 64)
    .option("--out <file>", "the picture to write", "grid.png")
    .option("--seed <n>", "which noise: the run's seed draws the run's own samples (default)", wholeNumber(0))
    .option(
      "--class <n>",
      "all images of the class with this label in the data, where the generator takes labels (default: the classes in turn)",
      wholeNumber(0),
    )
    .option(
      "--columns <n>",
      "images a row (default: one of each class where they come in turn, else as square as can be)",
      wholeNumber(1),
    )
    .addHelpText(
      "after",
      "\nExample:\n  ganglion generate runs/00001-digits-strokes --count 64 --out grid.png\n",
    )
    .action(async (named: string | undefined, flags: GenerateFlags) =>
      (await import("../actions/generate.ts")).generate(named, flags),
    );
}
