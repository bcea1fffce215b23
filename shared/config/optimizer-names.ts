// Names that flags choose from; kept apart from the schema, so that --help does not load it.
import type { LearningRateSchedule, OptimizerKind } from "./optimizer-config.ts";

export const OPTIMIZERS = namesOf<OptimizerKind>({ sgd: true, rmsprop: true, adam: true, adamw: true });

export const LEARNING_RATE_SCHEDULES = namesOf<LearningRateSchedule["kind"]>({
  constant: true,
  linear: true,
  cosine: true,
  step: true,
});

/** A name that is missing does not compile. */
function namesOf<Name extends string>(names: Readonly<Record<Name, true>>): readonly Name[] {
  return Object.keys(names) as Name[];
}
