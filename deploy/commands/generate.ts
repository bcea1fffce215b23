// `ganglion generate`: its flags.
import { type Command, InvalidArgumentError, Option } from "commander";
import type { GenerateFlags } from "../generate/flags.ts";
import { SINGLE_KINDS } from "../generate/kinds.ts";
import { addEngineFlags } from "../flags/options.ts";
import { oneOf, positiveNumber, wholeNumber } from "../flags/parsers.ts";

/** So many arrays of images fit on a disk. */
const MOST_IMAGES = 10_000_000;

export function addGenerate(program: Command): void {
  const command = program
    .command("generate")
    .description("draw images with a trained generator: grids, files, arrays, animations")
    .argument("[run|checkpoint]", "a run by its folder, name or number, or a .safetensors checkpoint");
  addEngineFlags(command)
    .addOption(new Option("--checkpoint <path>", "the same as the argument").hideHelp())
    .option(
      "--out <path>",
      "a grid (.png, .webp), an array (.npy, .npz with labels), with --interpolate .webp or .gif, with --single a new folder (default: in generated/ of the run, or beside a checkpoint that is in none)",
    )
    .option(
      "--count <n>",
      "how many images; with --interpolate, how many side by side (default: 64; 1)",
      wholeNumber(1, MOST_IMAGES),
    )
    .option("--seed <n>", "which noise: the run's seed draws the run's own samples (default)", wholeNumber(0))
    .option("--seeds <list>", "the first image of each of these seeds, such as 1,5,9-20")
    .option(
      "--class <names>",
      "of this class, or of several in turn (cat,dog; all), by names or labels in the data, where the generator takes labels (default: all in turn; a grid has a column for each, and one noise vector a row)",
    )
    .option(
      "--truncation <psi>",
      "scale the noise by 0 to 1, towards its mean: less varied, more usual images",
      fromZeroToOne,
      1,
    )
    .option("--raw", "the weights as they are trained, not their average")
    .option(
      "--single [kind]",
      `each image as a file of its own at its true size, ${SINGLE_KINDS.join(" or ")}`,
      oneOf(SINGLE_KINDS),
    )
    .option(
      "--interpolate [n]",
      "an animation from image to image through n of them, and back to the first (default: 8)",
      wholeNumber(2, 1000),
    )
    .option("--frames <n>", "with --interpolate, in all (default: 20 a second)", wholeNumber(2, 10_000))
    .option("--seconds <n>", "with --interpolate, in all (default: 1.5 for each image)", positiveNumber)
    .option(
      "--columns <n>",
      "images a row (default: one of each class where they come in turn, else as square as can be)",
      wholeNumber(1),
    )
    .option("--threads <n>", "threads that draw (default: one a core)", wholeNumber(1, 1024))
    .option("--model <file>", "the run's model module, where another copy is to be used")
    .option("--runs <dir>", "where runs are that are named by number or name", "runs")
    .addHelpText("after", EXAMPLES)
    .action(async (named: string | undefined, flags: GenerateFlags) =>
      (await import("../actions/generate.ts")).generate(named, flags),
    );
}

function fromZeroToOne(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError(
      "Give a number from 0 to 1: 1 is the noise as it was trained with, 0.7 a usual choice.",
    );
  return value;
}

const EXAMPLES = `
Examples:
  ganglion generate 7                                 64 images of run 7 in runs/, as a grid
  ganglion generate 7 --class cat,dog                 two columns, a noise vector a row
  ganglion generate 7 --class cat --truncation 0.7 --out cats.png
  ganglion generate 7 --count 50000 --out images.npz  an array, with labels
  ganglion generate 7 --single --seeds 1,5,9-20       files at their true size
  ganglion generate 7 --interpolate --out loop.webp   an animation
`;
