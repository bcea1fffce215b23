// What an optimizer's numbers are now: its learning rate, and those that follow the images.
import { rateFactor } from "../../shared/config/learning-rate.ts";
import type { OptimizerConfig } from "../../shared/config/optimizer-config.ts";
import { type ImagesUsed, changesOverTime, scheduledAt } from "../../shared/config/scheduled.ts";

/** Where a run is when an update is made. */
export interface UpdateTime extends ImagesUsed {
  /** 0 is the first. */
  readonly step: number;
  /** Of the whole run: some learning rates end with it. */
  readonly steps: number;
}

export function rateAt({ learningRate, learningRateSchedule }: OptimizerConfig, at: UpdateTime): number {
  return scheduledAt(learningRate, at) * rateFactor(learningRateSchedule, at.step, at.steps);
}

/** Those that have another value later on, as metrics: `rate/generator`, `beta2/generator`. */
export function changingNumbers(
  network: string,
  config: OptimizerConfig,
  at: UpdateTime,
): Record<string, number> {
  const { kind, warmUpSteps } = config.learningRateSchedule;
  const numbers: Record<string, number> = {};
  if (kind !== "constant" || warmUpSteps > 0 || changesOverTime(config.learningRate))
    numbers[`rate/${network}`] = rateAt(config, at);
  if (config.kind === "adam" || config.kind === "adamw")
    for (const name of ["beta1", "beta2"] as const)
      if (changesOverTime(config[name])) numbers[`${name}/${network}`] = scheduledAt(config[name], at);
  return numbers;
}
