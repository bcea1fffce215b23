// Which of a run's programs run so rarely that their memory is not worth keeping.
import type { PhasePlan, Plan } from "../../shared/protocol/messages.ts";

/** Of a run: its programs by what they are for, and whether its images are measured by an extractor. */
export interface ProgramUse extends Pick<Plan, "generate" | "probe"> {
  readonly phases: readonly Pick<PhasePlan, "program">[];
  readonly extractor: object | null;
}

/** The guard's look every 50 steps or more, and sample grids; but where features are measured, images are drawn by the thousand. */
export function isOccasional({ phases, generate, probe, extractor }: ProgramUse, program: string): boolean {
  if (phases.some((phase) => phase.program === program)) return false;
  return program === probe?.program || (program === generate?.program && extractor === null);
}
