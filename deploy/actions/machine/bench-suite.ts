// `ganglion bench --suite`: a broad set of models in Ganglion and in PyTorch, in turns, as one table.
import { availableParallelism, cpus, loadavg } from "node:os";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import {
  type PeerDevice,
  type PyTorch,
  findPyTorch,
  howToGetPyTorch,
  peerDevice,
} from "../../bench/pytorch/find-pytorch.ts";
import { matmulGflops } from "../../bench/suite/matmul.ts";
import { type ModelResult, type SuiteSettings, measureModel } from "../../bench/suite/measure-model.ts";
import { type SuiteModel, chosenModels } from "../../bench/suite/models.ts";
import { TABLE_HEAD, summaryOf, summaryText, tableLine } from "../../bench/suite/table.ts";
import { unsteadyText } from "../../bench/turns.ts";
import type { BaselineName } from "../../bench/work.ts";
import { longFlag } from "../../flags/flag.ts";
import type { EngineFlags } from "../../flags/options.ts";
import { catchInterrupts } from "../../run/interrupts.ts";
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

/** What the suite says as it goes on: to people a table with a live line below it, or JSON lines. */
interface Voice {
  readonly say: (line: string) => void;
  readonly tell: (event: object) => void;
  readonly progress: (what: string) => void;
}

/** Exit code 1 where a model could not be measured; the others are. */
export async function benchSuite(flags: SuiteFlags): Promise<void> {
  refuseOwn(flags);
  const models = chosenModels(flags.suite);
  const { threads, rounds, steps, warmUp, json = false } = flags;
  const { choice, description } = await settleEngine(flags, threads);
  const peer = peerDevice(choice.device);
  const pytorch = await pytorchOf(flags.python, peer);
  const load = loadavg()[0];
  const matmul = choice.device === "cpu" ? await matmulGflops(threads) : null;
  const terminal = openTerminal(process.stdout);
  const voice: Voice = {
    say: (line) => void (json || terminal.line(line)),
    tell: (event) => void (json && sayJson(event)),
    progress: (what) => void (process.stdout.isTTY && !json && terminal.live([what])),
  };
  const { say } = voice;
  say(`${processor()}, load before: ${load.toFixed(2)} on ${availableParallelism()} cores`);
  say(
    `engine ${description}; ${pytorch ? `PyTorch ${pytorch.version}${peer === "cuda" ? ", eager on the GPU" : ""}` : howToGetPyTorch(peer)}`,
  );
  const turns = `${plural(rounds, "round")} in turns`;
  const best = matmul === null ? "" : `; MatMul reaches ${count(matmul)} GFLOPS`;
  say(`${plural(threads, "thread")}, ${turns}${best}`);
  say("");
  for (const line of TABLE_HEAD) say(line);
  const settings = { choice, pytorch, threads, rounds, warmUp, ...(steps !== undefined && { steps }) };
  const interrupts = catchInterrupts(say, "stopping: what is measured already is in the table");
  const { results, notes } = await measureAll(models, { ...settings, stop: interrupts.stop }, matmul, voice);
  interrupts.release();
  terminal.clear();
  const summary = summaryOf(results);
  say("");
  if (summary) say(summaryText(summary));
  for (const note of notes) say(note);
  const { engine, device } = choice;
  const machine = { processor: processor(), engine, device, load, matmul };
  voice.tell({ event: "suite", ...machine, threads, rounds, ...summary });
  if (results.length < models.length) process.exitCode = 1;
}

/** One line a model, when it is measured; `notes` are for the end. */
async function measureAll(
  models: readonly SuiteModel[],
  settings: Omit<SuiteSettings, "progress">,
  matmul: number | null,
  { say, tell, progress }: Voice,
): Promise<{ readonly results: readonly ModelResult[]; readonly notes: readonly string[] }> {
  const [results, notes] = [[] as ModelResult[], [] as string[]];
  const begun = performance.now();
  const { stop } = settings;
  for (const [i, model] of models.entries()) {
    if (stop.aborted) break;
    const { name } = model;
    const seconds = ((performance.now() - begun) / 1000 / i) * (models.length - i); // as long as those before, each
    const left = i === 0 ? "" : `, about ${duration(seconds)} left`;
    const result = await tried(stop, () =>
      measureModel(model, {
        ...settings,
        progress: (what) => progress(`${i + 1} of ${models.length}: ${name}, ${what}${left}`),
      }),
    );
    if (stop.aborted) break; // what failed, failed for that
    if (typeof result === "string") {
      notes.push(`${name}: ${result}`);
      tell({ event: "failed", model: name, why: result });
      continue;
    }
    results.push(result);
    say(tableLine(result, matmul));
    const load = loadavg()[0];
    tell({ event: "model", load, ...result });
    const { ratio, spread = 0 } = result;
    if (ratio === null) notes.push(`${name}: ${unsteadyText({ spread }, load, availableParallelism())}`);
  }
  return { results, notes };
}

function processor(): string {
  return cpus()[0]?.model.trim() ?? "unknown processor";
}

function refuseOwn(flags: SuiteFlags): void {
  const given = ITS_OWN.find((name) => flags[name] !== undefined);
  if (given !== undefined)
    throw new GanglionError(
      "USAGE",
      `${longFlag(given)} does not go with --suite, which decides that itself: leave one of the two out`,
    );
  if (flags.python.length > 1)
    throw new GanglionError(
      "USAGE",
      `the suite compares with one PyTorch, and --python is given ${flags.python.length} times: give it once`,
    );
  const other = flags.against?.find((name) => name !== "pytorch");
  if (other !== undefined)
    throw new GanglionError(
      "USAGE",
      `--suite compares with PyTorch, and --against is ${other}: leave it out, or name networks with --preset`,
    );
}

/** @throws GanglionError USAGE for one whose PyTorch cannot compute on the device */
async function pytorchOf(pythons: readonly string[], device: PeerDevice): Promise<PyTorch | null> {
  const [found = null] = await findPyTorch(pythons, device);
  return found;
}

/** What went wrong as a sentence: the models after it are measured all the same, unless the user has stopped them. */
async function tried(stop: AbortSignal, measure: () => Promise<ModelResult>): Promise<ModelResult | string> {
  try {
    return await measure();
  } catch (cause) {
    if (cause instanceof GanglionError || stop.aborted) return messageOf(cause);
    throw cause;
  }
}
