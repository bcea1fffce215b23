// Every model's phases on every device, beside the CPU.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { SuiteModel } from "../../../deploy/bench/suite/models.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { Engine } from "../../../worker/engine/engine.ts";
import type { Agreement, GpuDevice } from "../report.ts";
import { type DeviceAnswer, DeviceProcess } from "./device-process.ts";
import { type WrittenPhase, writePhases } from "./phases.ts";

/** As of the tests on a software GPU: whole networks, forward and back; a gradient that almost cancels loses digits first. */
export const TOLERANCE = 1e-4;

export interface AgreementOptions {
  readonly models: readonly SuiteModel[];
  readonly devices: readonly GpuDevice[];
  readonly cpu: Engine;
  /** For files, empty. */
  readonly folder: string;
  /** Ends it: what is not compared by then is not reached. */
  readonly stop: AbortSignal;
  readonly done: (result: Agreement) => void;
}

/** Compiles a model and computes it on the CPU while the devices compute the one before. */
export async function compareAll({
  models,
  devices,
  cpu,
  folder,
  stop,
  done,
}: AgreementOptions): Promise<void> {
  const processes = devices.map((device) => new DeviceProcess(device));
  let before: Promise<unknown> = Promise.resolve();
  try {
    for (const [i, model] of models.entries()) {
      const own = join(folder, String(i));
      const written = stop.aborted ? [] : await writtenPhases(model, own, cpu);
      await before;
      before = Promise.all(
        processes.map(async (process) =>
          done({
            model: model.name,
            device: process.device,
            shard: model.shard,
            outcome: await outcomeOf(process, written, stop),
          }),
        ),
      ).then(() => rm(own, { recursive: true, force: true }));
    }
    await before;
  } finally {
    for (const process of processes) process.close();
  }
}

/** A sentence where the CPU refuses the model. */
async function writtenPhases(
  model: SuiteModel,
  folder: string,
  cpu: Engine,
): Promise<readonly WrittenPhase[] | string> {
  try {
    return await writePhases(model, folder, cpu);
  } catch (cause) {
    if (cause instanceof GanglionError) return `before any GPU: ${messageOf(cause)}`;
    throw cause;
  }
}

async function outcomeOf(
  process: DeviceProcess,
  phases: readonly WrittenPhase[] | string,
  stop: AbortSignal,
): Promise<Agreement["outcome"]> {
  if (typeof phases === "string") return { kind: "fails", cause: phases };
  const answers: (readonly [phase: string, answer: DeviceAnswer])[] = [];
  try {
    for (const { name, file } of phases) answers.push([name, await process.check(file, stop)]);
  } catch (cause) {
    if (stop.aborted) return { kind: "not reached" };
    throw cause;
  }
  return answers.length === 0 ? { kind: "not reached" } : judge(answers);
}

/** The worst output of all phases decides. */
export function judge(
  answers: readonly (readonly [phase: string, answer: DeviceAnswer])[],
): Agreement["outcome"] {
  let worst = { error: -1, where: "" };
  let outputs = 0;
  for (const [phase, answer] of answers) {
    if (answer.kind === "fails") return { kind: "fails", cause: `${phase}: ${answer.cause}` };
    for (const [output, error] of Object.entries(answer.errors)) {
      outputs += 1;
      const distance = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
      if (distance > worst.error) worst = { error: distance, where: `${phase}: ${output}` };
    }
  }
  return {
    kind: worst.error < TOLERANCE ? "agrees" : "differs",
    largestError: Number.isFinite(worst.error) ? worst.error : null,
    worst: worst.where,
    outputs,
  };
}
