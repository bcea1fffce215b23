// `ganglion bench`: images/s of a real training run on this machine, where its time goes, and PyTorch's beside it.
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { measureInSubprocess } from "../../bench/subprocess.ts";
import { type Measured, measureGanglion } from "../../bench/ganglion.ts";
import { TELLING_STEPS } from "../../bench/growth.ts";
import type { Memory } from "../../bench/memory-probe.ts";
import { findBaselines } from "../../bench/baselines.ts";
import { type Speed, median } from "../../bench/speed.ts";
import {
  type Ratio,
  type Row,
  type System,
  measureInTurns,
  ratioOf,
  unsteadyText,
} from "../../bench/turns.ts";
import { type BaselineName, type Work, subjectOf, titleOf } from "../../bench/work.ts";
import { count, plural } from "../../terminal/format.ts";
import type { EngineChoice } from "../../../worker/engine/engine-choice.ts";
import { say as sayLine, sayJson } from "../../terminal/output.ts";
import { catchInterrupts } from "../../run/interrupts.ts";
import { settleEngine } from "../../nodes/settle-engine.ts";
import type { EngineFlags } from "../../flags/options.ts";

export interface BenchFlags extends Work, EngineFlags {
  readonly against: readonly BaselineName[];
  readonly python: readonly string[];
  readonly rounds: number;
  readonly breakdown?: boolean;
  readonly json?: boolean;
}

type Say = (sentence: string) => void;

export async function bench(flags: BenchFlags): Promise<void> {
  const { threads, shard, json } = flags;
  const title = titleOf(flags);
  const say: Say = (sentence) => void (json || sayLine(sentence));
  const load = loadavg()[0];
  const report = (result: object): void => {
    if (json) sayJson({ event: "bench", ...subjectOf(flags), threads, shard, load, ...result });
  };
  say(`load before: ${load.toFixed(2)} on ${availableParallelism()} cores`);
  say(`${title}, ${plural(threads, "thread")} × batch ${shard}, ${flags.steps} steps after ${flags.warmUp}`);
  if (flags.against.length > 0) return compare(flags, say, report);

  const { choice, description } = await settleEngine(flags, threads);
  say(`engine ${description}`);
  const interrupts = catchInterrupts(say, "stopping: nothing was measured");
  let measured: Measured;
  try {
    measured = await measureGanglion(flags, say, choice, interrupts.stop);
  } catch (cause) {
    if (!interrupts.stop.aborted) throw cause;
    process.exitCode = 1;
    return;
  } finally {
    interrupts.release();
  }
  say(`${count(measured.imagesPerSecond)} images/s, ${milliseconds(measured)} a step`);
  const result = { engine: choice.engine, device: choice.device, ...measured };
  if (flags.breakdown) report({ ...result, ...(await explain(measured, flags, choice, say)) });
  else report(result);
}

async function explain(
  { breakdown, growthBytes }: Measured,
  work: Work,
  choice: EngineChoice,
  say: Say,
): Promise<Memory> {
  for (const [part, share] of Object.entries(breakdown))
    say(`  ${part.padEnd(10)} ${(100 * share).toFixed(1).padStart(5)} % of a step`);
  const probe = fileURLToPath(new URL("../../bench/memory-probe.js", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    probe,
    JSON.stringify(subjectOf(work)),
    String(work.shard),
    JSON.stringify(choice),
  ]);
  const memory = JSON.parse(stdout) as Memory;
  say(`  memory of the coordinator ${megabytes(memory.coordinatorBytes)}, with Node and compiler`);
  say(`  memory of a thread's compiled step ${megabytes(memory.stepBytes)}`);
  say(
    growthBytes === null
      ? `  growth a step is known after ${TELLING_STEPS} steps (--steps ${TELLING_STEPS})`
      : `  growth of all memory a step ${megabytes(growthBytes)}`,
  );
  return memory;
}

async function compare(flags: BenchFlags, say: Say, report: (result: object) => void): Promise<void> {
  const { choice } = await settleEngine(flags, flags.threads); // once, so that every round has the same
  const interrupts = catchInterrupts(say, "stopping: this comparison is incomplete");
  const { stop } = interrupts;
  const folder = await mkdtemp(join(tmpdir(), "ganglion-bench-"));
  try {
    const systems: System[] = [
      {
        system: "Ganglion",
        measure: () => measureInSubprocess(choice, flags, { environment: { TMPDIR: folder }, stop }),
      },
    ];
    for (const name of flags.against) {
      const found = await findBaselines(name, flags, {
        pythons: flags.python,
        device: choice.device,
        folder,
        stop,
      });
      if (found.kind === "here") systems.push(...found.baselines);
      else {
        say(found.remedy);
        report({ missing: found.remedy });
      }
    }
    if (systems.length === 1) return;
    const tellRound = (round: number, speeds: readonly Speed[]): void => {
      const each = speeds.map(({ imagesPerSecond }) => count(imagesPerSecond)).join(" against ");
      say(`round ${round} of ${flags.rounds}: ${each} images/s, load ${loadavg()[0].toFixed(2)}`);
    };
    const rows = await measureInTurns(systems, flags.rounds, tellRound, stop);
    report({ results: tellComparison(rows, flags.rounds, say) });
  } catch (cause) {
    if (!stop.aborted) throw cause;
    process.exitCode = 1;
  } finally {
    interrupts.release();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The table for people; what it says, with each system's ratio and how much its rounds disagree. */
function tellComparison(rows: readonly Row[], rounds: number, say: Say): readonly (Row & Ratio)[] {
  const results = rows.map((row) => ({ ...row, ...ratioOf(rows[0], row) }));
  say("");
  say(
    `| system, medians of ${rounds} rounds | images/s | ms a step | CPU ms a step and thread | Ganglion is |`,
  );
  say("|---|---|---|---|---|");
  for (const [i, { system, speeds, ratio }] of results.entries()) {
    const middle = (of: (speed: Speed) => number): string => count(median(speeds.map(of)));
    const numbers = [
      middle((one) => one.imagesPerSecond),
      middle((one) => one.medianMs),
      middle((one) => one.cpuMs),
    ];
    const times = ratio === null ? "no ratio" : `${ratio.toFixed(2)} × as fast`;
    say(`| ${system} | ${numbers.join(" | ")} | ${i === 0 ? "" : times} |`);
  }
  for (const { system, ratio, spread } of results)
    if (ratio === null) say(`${system}: ${unsteadyText({ spread }, loadavg()[0], availableParallelism())}`);
  return results;
}

function milliseconds({ medianMs, leastMs, mostMs }: Speed): string {
  return `${count(medianMs)} ms (${count(leastMs)} … ${count(mostMs)})`;
}

function megabytes(bytes: number): string {
  return `${count(bytes / 1e6)} MB`;
}
