// Options that several commands share, described once.
import { type Command, Option } from "commander";
import { presets } from "../../shared/config/presets.ts";
import { ACCEPTED_DATA } from "../../shared/data/formats.ts";
import { DEVICES, ENGINES, type EngineChoice } from "../../worker/engine/engine-choice.ts";
import { type DashboardAddress, addressOrOff } from "./address.ts";
import { oneOf, wholeNumber } from "./parsers.ts";
import { addOptimizerFlags } from "./optimizer-options.ts";

const USUAL_DASHBOARD: DashboardAddress = { host: "127.0.0.1", port: 8700, orFree: true };

/** What decides the resulting weights. */
export function addConfigFlags(command: Command): Command {
  const names = presets().map(({ name, description }) => `  ${name.padEnd(13)} ${description}`);
  command
    .option("--preset <name>", "a named config to start from (default: digits)")
    .option(
      "--config <file>",
      "JSON with config fields that override the preset's; a module that it names must have been named with --model before",
    )
    .option(
      "--model <file>",
      "a module with networks of your own: generator(context), discriminator(context)",
    )
    .option("--generator <file>", "a saved tf.layers model (model.json) to go on with as the generator")
    .option("--discriminator <file>", "the same for the discriminator")
    .option("--data <path|name>", ACCEPTED_DATA)
    .option("--batch <n>", "samples a step", wholeNumber(1))
    .option("--shard <n>", "samples a shard; must divide the batch", wholeNumber(1))
    .option("--steps <n>", "steps of the whole run", wholeNumber(1))
    .addOption(
      new Option("--epochs <n>", "its length in passes over the data instead")
        .argParser(wholeNumber(1))
        .conflicts("steps"),
    )
    .option("--seed <n>", "decides initial weights, sample order and noise", wholeNumber(0));
  return addOptimizerFlags(command).addHelpText("after", `\nPresets:\n${names.join("\n")}`);
}

/** Where a run is kept and watched. */
export function addRunFlags(command: Command): Command {
  return command
    .option("--out <dir>", "where run folders are made", "runs")
    .option(
      "--resume <dir>",
      "go on with a run from its newest checkpoint; of its config only --steps and --epochs may change; --data and --model may name where its data and module lie now, what they hold is compared",
    )
    .addOption(
      new Option(
        "--dashboard <port|address>",
        "where browsers see the run: a port of 127.0.0.1, HOST:PORT (beyond loopback a token is needed), or off",
      )
        .argParser(addressOrOff)
        .default(USUAL_DASHBOARD, "8700, or a free port where that is taken"),
    )
    .option("--quiet", "say only how it ended, and warnings")
    .option("--json", "one JSON event a line, the last is done");
}

/** What computes; `settleEngine` says what comes of it. */
export function addEngineFlags(command: Command): Command {
  return command
    .option(
      "--engine <name>",
      "what executes the compiled step: graph (ONNX Runtime), tensorflow (libtensorflow, see setup), reference (plain JavaScript, slow), or auto for the fastest that works",
      oneOf([...ENGINES, "auto"]),
      "graph",
    )
    .option(
      "--device <name>",
      "what the engine runs on: cpu, webgpu, cuda or auto (default: cpu, with --engine auto any)",
      oneOf([...DEVICES, "auto"]),
    )
    .option("--adapter <name>", "with webgpu on Linux: which Vulkan driver, by name or .json file");
}

/** The flags that make a worker process of one's choice. */
export function flagsOf({ engine, device, adapter }: EngineChoice): string[] {
  return ["--engine", engine, "--device", device, ...(adapter === undefined ? [] : ["--adapter", adapter])];
}
