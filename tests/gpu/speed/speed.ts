// Images a second of every model: Ganglion on each device and PyTorch, in turns.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { PyTorch } from "../../../deploy/bench/pytorch/find-pytorch.ts";
import { median } from "../../../deploy/bench/speed.ts";
import { writeImages } from "../../../deploy/bench/suite/images.ts";
import { CLASSES, prepareModel } from "../../../deploy/bench/suite/measure-model.ts";
import type { SuiteModel } from "../../../deploy/bench/suite/models.ts";
import type { Work } from "../../../deploy/bench/work.ts";
import { messageOf } from "../../../shared/errors.ts";
import type { GpuDevice, ModelSpeed, SystemSpeed } from "../report.ts";
import { gpuMemory } from "./gpu-memory.ts";
import { startGanglion, startPytorch } from "./systems.ts";
import type { TurnProcess } from "./turn-process.ts";

export interface SpeedOptions {
  readonly models: readonly SuiteModel[];
  readonly devices: readonly GpuDevice[];
  /** Null: Ganglion alone. */
  readonly pytorch: PyTorch | null;
  readonly rounds: number;
  /** Steps before the first turn. */
  readonly warmUp: number;
  readonly turnSteps?: number;
  /** For files, empty. */
  readonly folder: string;
  /** Ends it: what is not measured by then is not reached. */
  readonly stop: AbortSignal;
  readonly done: (result: ModelSpeed) => void;
}

export async function measureAll({ models, done, ...options }: SpeedOptions): Promise<void> {
  const { folder } = options;
  for (const [i, model] of models.entries()) {
    const own = join(folder, String(i));
    done({ model: model.name, shard: model.shard, outcome: await outcomeOf(model, own, options) });
    await rm(own, { recursive: true, force: true, maxRetries: 5 });
  }
}

type Surroundings = Omit<SpeedOptions, "models" | "done">;

async function outcomeOf(
  model: SuiteModel,
  folder: string,
  options: Surroundings,
): Promise<ModelSpeed["outcome"]> {
  if (options.stop.aborted) return { kind: "not reached" };
  try {
    return await measure(model, folder, options);
  } catch (cause) {
    return options.stop.aborted ? { kind: "not reached" } : { kind: "fails", cause: messageOf(cause) };
  }
}

async function measure(
  model: SuiteModel,
  folder: string,
  { devices, pytorch, rounds, warmUp, stop, ...given }: Surroundings,
): Promise<ModelSpeed["outcome"]> {
  await mkdir(folder);
  const { subject, peer } = await prepareModel(model, 1, folder);
  const { shard, images } = model;
  const turnSteps = given.turnSteps ?? turnStepsOf(peer.operationsPerSample * shard);
  const steps = rounds * (turnSteps + 1);
  await writeImages(subject.data, (warmUp + steps + 1) * shard, images, CLASSES);
  const work: Work = { ...subject, threads: 1, shard, warmUp, steps, ownSchedule: true };
  const processes = devices.map((device) =>
    startGanglion(device, { work, turnSteps: turnSteps + 1, folder }),
  );
  try {
    if (pytorch) processes.push(...(await startPytorch(pytorch, { work, turnSteps, peer }, stop)));
    const measured = await inTurns(processes, { rounds, shard, stop });
    return { kind: "measured", stepsOfATurn: turnSteps, systems: measured, ratios: ratiosOf(measured) };
  } finally {
    for (const process of processes) process.kill();
  }
}

/** What a GPU reaches about at small networks: a turn takes half a second or so. */
const USUAL_FLOPS = 5e12;
const SECONDS = 0.5;
const [LEAST_STEPS, MOST_STEPS] = [5, 50];

function turnStepsOf(operations: number): number {
  const steps = Math.round((SECONDS * USUAL_FLOPS) / operations);
  return Math.min(MOST_STEPS, Math.max(LEAST_STEPS, steps));
}

interface Turns {
  readonly rounds: number;
  readonly shard: number;
  readonly stop: AbortSignal;
}

/** A system that fails is left out of the rounds that follow. */
async function inTurns(
  processes: readonly TurnProcess[],
  { rounds, shard, stop }: Turns,
): Promise<SystemSpeed[]> {
  const causes = new Map<TurnProcess, string>();
  const speeds = new Map<TurnProcess, number[]>(processes.map((process) => [process, []]));
  const attempt = async <Value>(process: TurnProcess, what: () => Promise<Value>): Promise<Value | null> => {
    if (causes.has(process)) return null;
    try {
      return await what();
    } catch (cause) {
      stop.throwIfAborted();
      causes.set(process, messageOf(cause));
      return null;
    }
  };
  await Promise.all(processes.map((process) => attempt(process, () => process.ready(stop))));
  for (let round = 0; round < rounds; round++)
    for (const process of processes) {
      const ms = await attempt(process, () => process.turn(stop));
      if (ms !== null) speeds.get(process)!.push((shard / ms) * 1000);
    }
  const onGpu = await gpuMemory();
  const systems: SystemSpeed[] = [];
  for (const process of processes) {
    const memory = await attempt(process, () => process.end(stop));
    const outcome: SystemSpeed["outcome"] =
      memory === null
        ? { kind: "fails", cause: causes.get(process)! }
        : {
            kind: "measured",
            imagesPerSecond: median(speeds.get(process)!),
            rounds: speeds.get(process)!,
            hostBytes: memory.peakBytes,
            gpuBytes: onGpu.get(process.pid!) ?? null,
            ...(memory.gpuBytes !== undefined && { allocatorBytes: memory.gpuBytes }),
          };
    systems.push({ system: process.system, outcome });
  }
  return systems;
}

/** Ganglion's systems beside PyTorch's, round by round. */
export function ratiosOf(
  systems: readonly SystemSpeed[],
): Extract<ModelSpeed["outcome"], { kind: "measured" }>["ratios"] {
  const rounds = systems.flatMap(({ system, outcome }) =>
    outcome.kind === "measured" ? [{ system, speeds: outcome.rounds }] : [],
  );
  const ours = rounds.filter(({ system }) => system.startsWith("Ganglion"));
  const theirs = rounds.filter(({ system }) => system.startsWith("PyTorch"));
  return ours.flatMap((a) =>
    theirs.map((b) => {
      const ratios = a.speeds.map((speed, round) => speed / b.speeds[round]);
      const ratio = median(ratios);
      const spread = (Math.max(...ratios) - Math.min(...ratios)) / ratio;
      return { system: a.system, beside: b.system, ratio, spread };
    }),
  );
}
