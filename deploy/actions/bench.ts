// `ganglion bench`: images/s of a real training run on this machine, where its time goes, and PyTorch's beside it.
import { execFile } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Command } from "commander";
import { measureApart } from "../bench/subprocess.ts";
import { type Measured, type Work, measureGanglion } from "../bench/ganglion.ts";
import { TELLING_STEPS } from "../bench/growth.ts";
import type { Memory } from "../bench/memory-probe.ts";
import { RIVALS, type Rival, type RivalName, findRivals } from "../bench/baselines.ts";
import { type Speed, median } from "../bench/speed.ts";
import { count } from "../terminal/numbers.ts";
import { oneOf, wholeNumber } from "../flags/flags.ts";
import type { EngineChoice } from "../../worker/engine/engine-choice.ts";
import { addEngineFlags } from "../flags/options.ts";
import { say as sayLine, sayJson } from "../terminal/output.ts";
import { plural } from "../terminal/plural.ts";
import { type EngineFlags, settleEngine } from "../nodes/settle-engine.ts";

interface BenchFlags extends Work, EngineFlags {
  readonly against: readonly RivalName[];
  readonly python: readonly string[];
  readonly rounds: number;
  readonly breakdown?: boolean;
  readonly json?: boolean;
}

/** One system's speed in every round. */
interface Row {
  readonly system: string;
  readonly speeds: readonly Speed[];
}

type Say = (sentence: string) => void;

export function addBench(program: Command): void {
  const command = program
    .command("bench")
    .description("measure the speed of this machine: real training steps of both networks, after a warm-up");
  addEngineFlags(command)
    .option("--preset <name>", "whose networks; seed-gan and seed-gan-conv are made for this", "seed-gan")
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
      `the same work on another system, in turns: ${RIVALS.join(" or ")}; may be given again`,
      (value: string, earlier: readonly RivalName[]) => [...earlier, oneOf(RIVALS)(value)],
      [],
    )
    .option("--python <file>", "a Python that has PyTorch; may be given again", gather, [])
    .option("--rounds <n>", "turns of each system", wholeNumber(1, 1000), 3)
    .option("--json", "the result as one JSON line")
    .action((flags: Omit<BenchFlags, "threads"> & { readonly threads?: number }) =>
      bench({ ...flags, threads: flags.threads ?? (flags.device === "webgpu" ? 1 : 2) }),
    );
}

function gather(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

async function bench(flags: BenchFlags): Promise<void> {
  const { preset, threads, shard, json } = flags;
  const say: Say = (sentence) => void (json || sayLine(sentence));
  const load = loadavg()[0];
  const tell = (result: object): void => {
    if (json) sayJson({ event: "bench", preset, threads, shard, load, ...result });
  };
  say(`load before: ${load.toFixed(2)} on ${availableParallelism()} cores`);
  say(`${preset}, ${plural(threads, "thread")} × batch ${shard}, ${flags.steps} steps after ${flags.warmUp}`);
  if (flags.against.length > 0) return compare(flags, say, tell);

  const { choice, description } = await settleEngine(flags, threads);
  say(`engine ${description}`);
  const measured = await measureGanglion(flags, say, choice);
  say(`${count(measured.imagesPerSecond)} images/s, ${milliseconds(measured)} a step`);
  const result = { engine: choice.engine, device: choice.device, ...measured };
  if (flags.breakdown) tell({ ...result, ...(await explain(measured, flags, choice, say)) });
  else tell(result);
}

async function explain(
  { breakdown, growthBytes }: Measured,
  { preset, shard }: Work,
  choice: EngineChoice,
  say: Say,
): Promise<Memory> {
  for (const [part, share] of Object.entries(breakdown))
    say(`  ${part.padEnd(10)} ${(100 * share).toFixed(1).padStart(5)} % of a step`);
  const probe = fileURLToPath(new URL("../bench/memory-probe.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    probe,
    preset,
    String(shard),
    JSON.stringify(choice),
  ]);
  const memory = JSON.parse(stdout) as Memory;
  say(`  memory of the coordinator ${megabytes(memory.coordinatorBytes)}, with Node and compiler`);
  say(`  memory of a thread's compiled step ${megabytes(memory.stepBytes)}`);
  say(
    growthBytes === null
      ? `  growth a step shows after ${TELLING_STEPS} steps (--steps ${TELLING_STEPS})`
      : `  growth of all memory a step ${megabytes(growthBytes)}`,
  );
  return memory;
}

/** A B A B: what else the machine does hits both systems alike, and the ratio is taken inside each round. */
async function compare(flags: BenchFlags, say: Say, tell: (result: object) => void): Promise<void> {
  const { choice } = await settleEngine(flags, flags.threads); // once, so that every round has the same
  const rivals: Rival[] = [];
  for (const name of flags.against) {
    const found = await findRivals(name, flags, flags.python);
    if (found.kind === "here") rivals.push(...found.rivals);
    else {
      say(found.remedy);
      tell({ missing: found.remedy });
    }
  }
  if (rivals.length === 0) return;
  const ours: Speed[] = [];
  const theirs: Speed[][] = rivals.map(() => []);
  for (let round = 1; round <= flags.rounds; round++) {
    ours.push(await measureApart(choice, flags));
    for (const [i, rival] of rivals.entries()) theirs[i].push(await rival.measure());
    const speeds = [ours, ...theirs].map((row) => count(row.at(-1)!.imagesPerSecond)).join(" against ");
    say(`round ${round} of ${flags.rounds}: ${speeds} images/s, load ${loadavg()[0].toFixed(2)}`);
  }
  const rows: Row[] = [
    { system: "Ganglion", speeds: ours },
    ...rivals.map(({ system }, i) => ({ system, speeds: theirs[i] })),
  ];
  const results = rows.map((row) => ({ ...row, ratio: medianRatio(rows[0], row) }));
  say("");
  say(
    `| system, medians of ${flags.rounds} rounds | images/s | ms a step | CPU ms a step and thread | Ganglion is |`,
  );
  say("|---|---|---|---|---|");
  for (const { system, speeds, ratio } of results) {
    const speed = median(speeds.map(({ imagesPerSecond }) => imagesPerSecond));
    const ms = median(speeds.map(({ medianMs }) => medianMs));
    const cpu = median(speeds.map(({ cpuMs }) => cpuMs));
    const times = ratio === 1 ? "" : `${ratio.toFixed(2)} × as fast`;
    say(`| ${system} | ${count(speed)} | ${count(ms)} | ${count(cpu)} | ${times} |`);
  }
  tell({ results });
}

/** The median over the rounds of how many times faster `a` was than `b`. */
function medianRatio(a: Row, b: Row): number {
  return median(a.speeds.map((speed, round) => speed.imagesPerSecond / b.speeds[round].imagesPerSecond));
}

function milliseconds({ medianMs, leastMs, mostMs }: Speed): string {
  return `${count(medianMs)} ms (${count(leastMs)} … ${count(mostMs)})`;
}

function megabytes(bytes: number): string {
  return `${count(bytes / 1e6)} MB`;
}
