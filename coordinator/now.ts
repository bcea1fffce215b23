// What the programs of a run are told of the step: pure functions of config and step, sent with each lease.
import { type RunConfig, totalSteps } from "../shared/config/config.ts";
import { rampValues } from "../shared/config/objectives/ramps.ts";
import { nowAt } from "../shared/config/values.ts";
import { type NowValues, usesNow } from "../shared/program/now-inputs.ts";
import { decodeProgram } from "../shared/program/program.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import { segmentsOf } from "../shared/config/history/history.ts";
import { configOf } from "./records/checkpoint/checkpoint-config.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";

/** What a lease of the program has beside the rest: nothing where the program does not use it. */
export type NowOf = (
  program: string,
  at: { readonly step: number; readonly position: number },
) => { readonly now?: NowValues };

/** What a checkpoint's programs are told: as when it drew its samples. */
export function nowOfCheckpoint({
  step,
  position,
  fingerprints,
  config: about,
}: Pick<Checkpoint, "step" | "position" | "fingerprints" | "config">): NowValues {
  const config = configOf(about);
  const { run, applied = 0 } = about;
  const used = segmentsOf(run, applied, step).reduce((sum, one) => sum + one.steps * one.config.batch, 0);
  const perStep = (used === 0 ? 1 : position / used) * config.batch; // as many rounds of a step take samples as did so far
  const samples = samplesOf(config.images, fingerprints?.train.count ?? 0);
  const isKnown = config.length.kind === "steps" || fingerprints !== null;
  const steps = isKnown ? totalSteps(config, samples, perStep, { step, position }) : step;
  const at = { step, steps, images: position };
  return { ...nowAt(config.values, at), ...rampValues(config, { ...at, runImages: steps * perStep }) };
}

/**
 * @param programs encoded, by hash
 * @param length steps of the whole run, and the images that it will have used by then
 */
export function nowOf(
  programs: ReadonlyMap<string, Uint8Array>,
  config: RunConfig,
  { steps, runImages }: { readonly steps: number; readonly runImages: number },
): NowOf {
  const using = new Set(
    [...programs].filter(([, encoded]) => usesNow(decodeProgram(encoded))).map(([hash]) => hash),
  );
  return (program, { step, position }) => {
    if (!using.has(program)) return {};
    const at = { step, steps, images: position };
    return { now: { ...nowAt(config.values, at), ...rampValues(config, { ...at, runImages }) } };
  };
}
