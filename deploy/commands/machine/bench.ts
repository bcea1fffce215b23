// `ganglion bench`: its flags.
import type { Command } from "commander";
import type { BenchFlags } from "../../actions/machine/bench.ts";
import { BASELINES, type BaselineName } from "../../bench/work.ts";
import { CONFIG_FLAGS, IMAGES } from "../../flags/config-flags.ts";
import { writtenFlag } from "../../flags/flag.ts";
import { addEngineFlags } from "../../flags/options.ts";
import { oneOf, wholeNumber } from "../../flags/parsers.ts";

const IMAGE_SIZE = writtenFlag("imageSize", IMAGES.imageSize);

export function addBench(program: Command): void {
  const command = program
    .command("bench")
    .description("measure the speed of this machine: real training steps of both networks, after a warm-up");
  addEngineFlags(command)
    .option(
      "--preset <name>",
      "whose networks; seed-gan (default) and seed-gan-conv are made for this, with --data the default is dcgan",
    )
    .option("--model <file>", "a module with networks of your own")
    .option("--filters <n>", CONFIG_FLAGS.filters.help, CONFIG_FLAGS.filters.parse)
    .option("--data <path|name>", "train on these images, as train does (default: strokes, 28×28 grey)")
    .option(IMAGE_SIZE, IMAGES.imageSize.help, IMAGES.imageSize.parse)
    .option(
      "--threads <n>",
      "threads, one shard at a time each (default: 2, on webgpu 1)",
      wholeNumber(1, 256),
    )
    .option("--shard <n>", "samples a shard and thread", wholeNumber(1), 64)
    .option("--steps <n>", "steps that count", wholeNumber(3), 15)
    .option("--warm-up <n>", "steps before them that do not", wholeNumber(1), 3)
    .option("--breakdown", "where a step's time goes, and the memory it takes")
    .option(
      "--against <system>",
      `the same work on another system, in turn: ${BASELINES.join(" or ")}; may be given again`,
      (value: string, earlier: readonly BaselineName[]) => [...earlier, oneOf(BASELINES)(value)],
      [],
    )
    .option("--python <file>", "a Python that has PyTorch; may be given again", gather, [])
    .option("--rounds <n>", "turns of each system", wholeNumber(1, 1000), 3)
    .option("--json", "the result as one JSON line")
    .action(async (flags: Omit<BenchFlags, "threads"> & { readonly threads?: number }) =>
      (await import("../../actions/machine/bench.ts")).bench({
        ...(flags.model === undefined && flags.data === undefined && { preset: "seed-gan" }),
        ...flags,
        threads: flags.threads ?? (flags.device === "webgpu" ? 1 : 2),
      }),
    );
}

function gather(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
