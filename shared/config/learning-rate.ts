// The learning rate at a step: a pure function, so that a resumed run has the rate it would have had.
import type { LearningRateSchedule } from "./optimizer-config.ts";
import { halfCosine } from "./half-cosine.ts";

/**
 * What the schedule makes of the rate, 0 … 1, at `step` (0 is the first) of a run of `steps`. With w warm-up steps:
 *
 *   warm-up    (step + 1) / w                                          step < w
 *   constant   1
 *   linear     1 - (1 - end)·p               p = (step - w) / (steps - w)
 *   cosine     end + (1 - end)·(1 + cos πp) / 2        Loshchilov & Hutter 2017, without restarts
 *   step       factor^⌊(step - w) / every⌋
 *
 * Linear and cosine reach `end` when the run ends, so they follow a run that is resumed with other `steps`.
 */
export function rateFactor(schedule: LearningRateSchedule, step: number, steps: number): number {
  const { warmUpSteps } = schedule;
  if (step < warmUpSteps) return (step + 1) / warmUpSteps;
  const after = step - warmUpSteps;
  const part = Math.min(1, after / Math.max(1, steps - warmUpSteps));
  switch (schedule.kind) {
    case "constant":
      return 1;
    case "linear":
      return 1 - (1 - schedule.endFactor) * part;
    case "cosine":
      return schedule.endFactor + (1 - schedule.endFactor) * halfCosine(part);
    case "step":
      return schedule.factor ** Math.floor(after / schedule.everySteps);
    default:
      return schedule satisfies never;
  }
}
