// `ganglion export`: its flags.
import type { Command } from "commander";
import { EXPORTED, type ExportFlags, FORMATS } from "../export/formats.ts";
import { oneOf, wholeNumber } from "../flags/parsers.ts";

export function addExport(program: Command): void {
  program
    .command("export")
    .description("write trained networks for other programs: TensorFlow.js, ONNX Runtime, PyTorch, browsers")
    .argument("<run|checkpoint>", "a run by its folder, name or number, or a .safetensors checkpoint")
    .requiredOption(
      "--format <name>",
      `${FORMATS.slice(0, -1).join(", ")} or ${FORMATS.at(-1)}`,
      oneOf(FORMATS),
    )
    .option(
      "--network <name>",
      `${EXPORTED.slice(0, -1).join(", ")} or ${EXPORTED.at(-1)} (default: generator, or classifier)`,
      oneOf(EXPORTED),
    )
    .option("--raw", "the weights as they are trained, not their average")
    .option(
      "--batch <n>",
      "with onnx: a fixed number of images, where a network allows no other",
      wholeNumber(1),
    )
    .option(
      "--out <path>",
      "the file, or the folder, to write (default: in exported/ of the run, or beside a checkpoint that is in none)",
    )
    .option("--model <file>", "the run's model module, where another copy is to be used")
    .option("--runs <dir>", "where runs are that are named by number or name", "runs")
    .addHelpText("after", EXAMPLES)
    .action(async (named: string, flags: ExportFlags) =>
      (await import("../actions/export.ts")).exportRun(named, flags),
    );
}

const EXAMPLES = `
Examples:
  ganglion export 7 --format onnx                       the generator of run 7 in runs/
  ganglion export 7 --format layers-model --network all --out networks/
  ganglion export 004500.safetensors --format web --out page/

docs/export.md shows how each is used.
`;
