// What the programs of a run are told of the step: pure functions of config and step, sent with each lease.
import { type RunConfig, totalSteps } from "../shared/config/config.ts";
import { nowAt } from "../shared/config/values.ts";
import { type NowValues, usesNow } from "../shared/program/now-inputs.ts";
import { decodeProgram } from "../shared/program/program.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import type { CompiledRun } from "./compiler/compile-run.ts";
import { samplesPerStep } from "./plan.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";

/** What a lease of the program has beside the rest: nothing where the program does not use it. */
export type NowOf = (
  program: string,
  at: { readonly step: number; readonly position: number },
) => { readonly now?: NowValues };

/** What a checkpoint's programs are told: as when it drew its samples. */
export function nowOfCheckpoint(
  { step, position, fingerprints }: Pick<Checkpoint, "step" | "position" | "fingerprints">,
  config: RunConfig,
  compiled: Pick<CompiledRun, "phases">,
): NowValues {
  const samples = samplesOf(config.images, fingerprints?.train.count ?? 0);
  const isKnown = config.length.kind === "steps" || fingerprints !== null;
  const steps = isKnown
    ? totalSteps(config, samples, samplesPerStep(compiled, config), { step, position })
    : step;
  return nowAt(config.values, { step, steps, images: position });
}

/** @param programs encoded, by hash */
export function nowOf(
  programs: ReadonlyMap<string, Uint8Array>,
  { values }: Pick<RunConfig, "values">,
  steps: number,
): NowOf {
  const using = new Set(
    [...programs].filter(([, encoded]) => usesNow(decodeProgram(encoded))).map(([hash]) => hash),
  );
  return (program, { step, position }) =>
    using.has(program) ? { now: nowAt(values, { step, steps, images: position }) } : {};
}
