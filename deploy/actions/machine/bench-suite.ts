// `ganglion bench --suite`: a broad set of models in Ganglion and in PyTorch, in turns, as one table.
import { availableParallelism, cpus, loadavg } from "node:os";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import { HOW_TO_GET_PYTORCH, type PyTorch, findPyTorch } from "../../bench/pytorch/find-pytorch.ts";
import { matmulGflops } from "../../bench/suite/matmul.ts";
import { type ModelResult, measureModel } from "../../bench/suite/measure-model.ts";
import { chosenModels } from "../../bench/suite/models.ts";
import { TABLE_HEAD, summaryOf, summaryText, tableLine } from "../../bench/suite/table.ts";
import { unsteadyText } from "../../bench/turns.ts";
import type { BaselineName } from "../../bench/work.ts";
import { longFlag } from "../../flags/flag.ts";
import type { EngineFlags } from "../../flags/options.ts";
import { settleEngine } from "../../nodes/settle-engine.ts";
import { count, duration, plural } from "../../terminal/format.ts";
import { sayJson } from "../../terminal/output.ts";
import { openTerminal } from "../../terminal/terminal.ts";

export interface SuiteFlags extends EngineFlags {
  /** Parts of the names of the models that are wanted; none: all. */
  readonly suite: readonly string[];
  readonly python: readonly string[];
  readonly threads: number;
  readonly rounds: number;
  readonly steps?: number;
  readonly warmUp: number;
  readonly json?: boolean;
  /** What the suite decides itself: refused. */
  readonly preset?: string;
  readonly model?: string;
  readonly config?: string;
  readonly filters?: number;
  readonly data?: string;
  readonly imageSize?: readonly [number, number];
  readonly shard?: number;
  readonly ownSchedule?: boolean;
  readonly breakdown?: boolean;
  readonly against?: readonly BaselineName[];
}

const ITS_OWN = [
  "preset",
  "model",
  "config",
  "filters",
  "data",
  "imageSize",
  "shard",
  "ownSchedule",
  "breakdown",
] as const;

/** Exit code 1 where a model could not be measured; the others are. */
export async function benchSuite(flags: SuiteFlags): Promise<void> {
  refuseOwn(flags);
  const models = chosenModels(flags.suite);
  const { threads, rounds, steps, warmUp, json = false } = flags;
  const terminal = openTerminal(process.stdout);
  const say = (line: string): void => void (json || terminal.line(line));
  const pytorch = await pytorchOf(flags.python);
  const { choice, description } = await settleEngine(flags, threads);
  const load = loadavg()[0];
  const matmul = await matmulGflops(threads);
  say(
    `${cpus()[0]?.model ?? "processor"}, load before: ${load.toFixed(2)} on ${availableParallelism()} cores`,
  );
  say(`engine ${description}; ${pytorch ? `PyTorch ${pytorch.version}` : HOW_TO_GET_PYTORCH}`);
  say(
    `${plural(threads, "thread")}, ${plural(rounds, "round")} in turns; MatMul reaches ${count(matmul)} GFLOPS`,
  );
  say("");
  for (const line of TABLE_HEAD) say(line);
  const results: ModelResult[] = [];
  const notes: string[] = [];
  const begun = performance.now();
  for (const [i, model] of models.entries()) {
    const progress = (what: string): void => {
      const left =
        i === 0
          ? ""
          : `, about ${duration(((performance.now() - begun) / 1000 / i) * (models.length - i))} left`;
      if (process.stdout.isTTY && !json)
        terminal.live([`${i + 1} of ${models.length}: ${model.name}, ${what}${left}`]);
    };
    const result = await tried(() =>
      measureModel(model, {
        choice,
        pytorch,
        threads,
        rounds,
        warmUp,
        progress,
        ...(steps !== undefined && { steps }),
      }),
    );
    if (typeof result === "string") {
      notes.push(`${model.name}: ${result}`);
      if (json) sayJson({ event: "failed", model: model.name, why: result });
      continue;
    }
    results.push(result);
    say(tableLine(result, matmul));
    if (json) sayJson({ event: "model", load: loadavg()[0], ...result });
    const { ratio, spread } = result;
    if (ratio === null)
      notes.push(
        `${model.name}: ${unsteadyText({ ratio, spread: spread! }, loadavg()[0], availableParallelism())}`,
      );
  }
  terminal.clear();
  const summary = summaryOf(results);
  say("");
  if (summary) say(summaryText(summary));
  for (const note of notes) say(note);
  if (json) sayJson({ event: "suite", threads, rounds, load, matmul, ...summary });
  if (results.length < models.length) process.exitCode = 1;
}

function refuseOwn(flags: SuiteFlags): void {
  const given = ITS_OWN.find((name) => flags[name] !== undefined);
  if (given !== undefined)
    throw new GanglionError(
      "USAGE",
      `${longFlag(given)} does not go with --suite, which has models of its own: leave one of the two out`,
    );
  const other = flags.against?.find((name) => name !== "pytorch");
  if (other !== undefined)
    throw new GanglionError(
      "USAGE",
      `--suite compares with PyTorch, and --against is ${other}: leave it out, or name networks with --preset`,
    );
}

/** @throws GanglionError USAGE for several Pythons, or one without PyTorch */
async function pytorchOf(pythons: readonly string[]): Promise<PyTorch | null> {
  if (pythons.length > 1)
    throw new GanglionError(
      "USAGE",
      `the suite compares with one PyTorch, and --python is given ${pythons.length} times: give it once`,
    );
  const [found = null] = await findPyTorch(pythons);
  return found;
}

/** What went wrong as a sentence: the models after it are measured all the same. */
async function tried(measure: () => Promise<ModelResult>): Promise<ModelResult | string> {
  try {
    return await measure();
  } catch (cause) {
    if (cause instanceof GanglionError) return messageOf(cause);
    throw cause;
  }
}
