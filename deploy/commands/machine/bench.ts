// `ganglion bench`: its flags.
import type { Command } from "commander";
import type { BenchFlags } from "../../actions/machine/bench.ts";
import { BASELINES, type BaselineName, type Subject } from "../../bench/work.ts";
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
    .option("--config <file>", "a JSON file with config fields, such as a run's config.json")
    .option("--own-schedule", "rounds of D and G as preset or config have them, not both in one round")
    .option("--filters <n>", CONFIG_FLAGS.filters.help, CONFIG_FLAGS.filters.parse)
    .option("--data <path|name>", "train on these images, as train does (default: strokes, 28×28 grey)")
    .option(IMAGE_SIZE, IMAGES.imageSize.help, IMAGES.imageSize.parse)
    .option(
      "--threads <n>",
      "threads, one shard at a time each (default: 2, on webgpu and cuda 1)",
      wholeNumber(1, 256),
    )
    .option("--shard <n>", "samples a shard and thread (default: 64)", wholeNumber(1))
    .option(
      "--steps <n>",
      "steps that count (default: 15, in the suite as many as take a few seconds)",
      wholeNumber(3),
    )
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
    .option(
      "--suite [name...]",
      "a broad set of models in Ganglion and in PyTorch, as one table: all, or those whose names contain a word; with --device webgpu or cuda beside PyTorch on the GPU",
    )
    .action(async ({ suite, ...flags }: GivenFlags) => {
      const { device = "cpu" } = flags;
      const threads = flags.threads ?? (device === "webgpu" || device === "cuda" ? 1 : 2);
      if (suite === undefined) {
        const usual = isBare(flags) ? { preset: "seed-gan" } : {};
        const { bench } = await import("../../actions/machine/bench.ts");
        return bench({ ...usual, ...SIZES, ...flags, threads });
      }
      const { benchSuite } = await import("../../actions/machine/bench-suite.ts");
      return benchSuite({ ...flags, suite: suite === true ? [] : suite, threads });
    });
}

const SIZES = { steps: 15, shard: 64 };

type GivenFlags = Omit<BenchFlags, "threads" | "steps" | "shard"> &
  Partial<Pick<BenchFlags, "threads" | "steps" | "shard">> & { readonly suite?: true | readonly string[] };

/** Whether nothing says whose networks they are. */
function isBare({ model, data, config }: Subject): boolean {
  return model === undefined && data === undefined && config === undefined;
}

function gather(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
