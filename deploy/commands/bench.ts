// `ganglion bench`: images/s of a real training run on this machine, after a warm-up.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import { runCoordinator } from "../../coordinator/main.ts";
import type { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { count } from "../display.ts";
import { configFromFlags, wholeNumber } from "../flags.ts";
import { createLocalNodes } from "../local-nodes.ts";
import { newRun } from "../run-setup.ts";

interface BenchFlags {
  readonly preset: string;
  readonly threads: number;
  readonly shard: number;
  readonly steps: number;
  readonly warmUp: number;
  readonly json?: boolean;
}

/** Milliseconds a step; the median is robust against a neighbour's burst of load. */
interface Speed {
  readonly medianMs: number;
  readonly leastMs: number;
  readonly mostMs: number;
  readonly imagesPerSecond: number;
}

export function addBench(program: Command): void {
  program
    .command("bench")
    .description("measure the speed of this machine: real training steps of both networks, after a warm-up")
    .option("--preset <name>", "whose networks", "seed-gan")
    .option("--threads <n>", "threads, one shard at a time each", wholeNumber(1, 256), 2)
    .option("--shard <n>", "samples a shard and thread", wholeNumber(1), 64)
    .option("--steps <n>", "steps that count", wholeNumber(3), 15)
    .option("--warm-up <n>", "steps before them that do not", wholeNumber(1), 3)
    .option("--json", "the result as one JSON line")
    .action((flags: BenchFlags) => bench(flags));
}

async function bench(flags: BenchFlags): Promise<void> {
  const { preset, threads, shard, warmUp, json } = flags;
  const say = (sentence: string): void => {
    if (!json) process.stdout.write(`${sentence}\n`);
  };
  const load = loadavg()[0];
  say(`load before: ${load.toFixed(2)} on ${availableParallelism()} cores`);
  const out = await mkdtemp(join(tmpdir(), "ganglion-bench-"));
  try {
    const steps = warmUp + flags.steps;
    const times: number[] = [];
    const history = new EventHistory();
    history.subscribe((event: NumberedEvent) => {
      if (event.type === "step") times.push(performance.now());
      if (event.type === "step" && event.step === warmUp) say(`warmed up, measuring ${flags.steps} steps`);
    });
    const config = await configFromFlags({ preset, batch: threads * shard, shard, steps });
    const setup = await newRun({ ...config, schedule: { kind: "simultaneous" } }, out, say);
    const log = createLog({ stderr: "silent" });
    const halt = new AbortController();
    const failed = (error: GanglionError): void => halt.abort(error);
    const nodes = await createLocalNodes({
      transport: "memory",
      workers: 1,
      threads,
      choice: { engine: "graph", device: "cpu" },
      data: setup.config.data,
      train: setup.train,
      test: setup.test,
      log,
      warn: (_code, message) => say(`warning: ${message}`),
      failed,
    });
    nodes.start();
    await runCoordinator({
      ...setup,
      hub: nodes.hub,
      history,
      log,
      stop: new AbortController().signal,
      halt: halt.signal,
    });
    await nodes.close();
    await setup.folder.release();
    const speed = speedOf(times.slice(warmUp - 1), threads * shard);
    if (json)
      process.stdout.write(`${JSON.stringify({ event: "bench", preset, threads, shard, load, ...speed })}\n`);
    say(
      `${preset}, ${threads} threads × batch ${shard}: ${count(speed.imagesPerSecond)} images/s, ${count(speed.medianMs)} ms a step (${count(speed.leastMs)} … ${count(speed.mostMs)})`,
    );
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

function speedOf(times: readonly number[], images: number): Speed {
  const durations = times
    .slice(1)
    .map((time, i) => time - times[i])
    .sort((a, b) => a - b);
  const medianMs = durations[Math.floor(durations.length / 2)];
  return {
    medianMs,
    leastMs: durations[0],
    mostMs: durations.at(-1)!,
    imagesPerSecond: (images / medianMs) * 1000,
  };
}
