// A real training run, timed: the coordinator and its threads in this process, as `ganglion train` runs them.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NumberedEvent } from "../../coordinator/dashboard/events.ts";
import { EventHistory } from "../../coordinator/dashboard/history.ts";
import { runCoordinator } from "../../coordinator/main.ts";
import type { GanglionError } from "../../shared/errors.ts";
import { createLog } from "../../shared/log.ts";
import { type Span, listenToSpans } from "../../shared/spans.ts";
import type { EngineChoice } from "../../worker/engine/engine-choice.ts";
import { createLocalNodes } from "../nodes/local-nodes.ts";
import { newRun } from "../run/run-setup.ts";
import { serveInMemory } from "../transports/memory.ts";
import { type Breakdown, breakdownOf } from "./breakdown.ts";
import { benchConfig } from "./config.ts";
import { growthOf } from "./growth.ts";
import { peakMemory } from "./peak-memory.ts";
import { type Speed, speedOf } from "./speed.ts";
import type { Work } from "./work.ts";

export interface Measured extends Speed {
  readonly peakBytes: number;
  readonly breakdown: Breakdown;
  /** By how many bytes a step the whole process grows, as `growthOf` sees it; null after few steps. */
  readonly growthBytes: number | null;
}

/** The steps after the warm-up count. Throws the reason of `stop` when it is aborted, and leaves nothing behind. */
export async function measureGanglion(
  work: Work,
  say: (sentence: string) => void,
  choice: EngineChoice,
  stop: AbortSignal,
): Promise<Measured> {
  const { threads, shard, warmUp } = work;
  const spans: Span[] = [];
  const deafen = listenToSpans((span) => spans.push(span));
  try {
    const ends: number[] = [];
    const processor: number[] = [];
    const resident: number[] = [];
    const stepEnds = (): void => {
      ends.push(performance.now());
      processor.push(processorMs() / threads);
      resident.push(process.memoryUsage.rss());
    };
    await trainTimed(work, { choice, say, stop, stepEnds });
    stop.throwIfAborted();
    const counted = ends.slice(warmUp - 1);
    return {
      ...speedOf(differences(counted), differences(processor.slice(warmUp - 1)), threads * shard),
      peakBytes: peakMemory(),
      breakdown: breakdownOf(spans, counted),
      growthBytes: growthOf(resident),
    };
  } finally {
    deafen();
  }
}

export interface TimedRun {
  readonly choice: EngineChoice;
  readonly say: (sentence: string) => void;
  readonly stop: AbortSignal;
  /** Called at the end of each step, the warm-up's too. While it does not return, the run stands still. */
  readonly stepEnds: () => void;
}

/** The whole run, warm-up and all steps, in a folder that is gone afterwards. */
export async function trainTimed(work: Work, { choice, say, stop, stepEnds }: TimedRun): Promise<void> {
  const { threads, steps, warmUp } = work;
  const out = await mkdtemp(join(tmpdir(), "ganglion-bench-"));
  try {
    const history = new EventHistory();
    history.subscribe((event: NumberedEvent) => {
      if (event.type === "step") stepEnds();
    });
    const timed = await benchConfig(work, warmUp + steps);
    const setup = await newRun(timed, { out }, { say() {}, note() {}, warn() {}, progress() {} });
    const log = createLog({ stderr: "silent" });
    const halt = new AbortController();
    const failed = (error: GanglionError): void => halt.abort(error);
    const served = serveInMemory();
    const nodes = createLocalNodes({
      join: served.join,
      workers: 1,
      threads,
      choice,
      data: setup.config.data,
      dataMemory: undefined,
      train: setup.train,
      test: setup.test,
      log,
      warn: (_code, message) => say(`warning: ${message}`),
      failed,
    });
    nodes.start();
    await runCoordinator({
      ...setup,
      hub: served.hub,
      history,
      log,
      stop,
      halt: halt.signal,
    });
    await nodes.close();
    await setup.folder.release();
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** Of this process since it began. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function differences(values: readonly number[]): number[] {
  return values.slice(1).map((value, i) => value - values[i]);
}
