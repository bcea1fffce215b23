// Names that flags choose from; apart from the schema, so that --help does not load it.
import type { LearningRateSchedule, OptimizerKind } from "./optimizer-config.ts";

export const OPTIMIZERS = ["sgd", "rmsprop", "adam", "adamw"] as const satisfies readonly OptimizerKind[];

export const LEARNING_RATE_SCHEDULES = [
  "constant",
  "linear",
  "cosine",
  "step",
] as const satisfies readonly LearningRateSchedule["kind"][];
