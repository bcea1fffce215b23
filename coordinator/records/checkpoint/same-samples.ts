// Whether all parts of a run take samples alike: where they do not, only their programs could tell how many were taken.
import type { RunConfig } from "../../../shared/config/config.ts";

type Sampling = Pick<RunConfig, "schedule" | "loss" | "regularizers" | "trainOnly">;

/** The same rounds of the same losses and regularizers: which phases read samples follows from them and the networks. */
export function takeSamplesAlike(configs: readonly Sampling[]): boolean {
  return new Set(configs.map(samplingOf)).size <= 1;
}

function samplingOf({ schedule, loss, regularizers, trainOnly }: Sampling): string {
  const rounds = Object.entries(regularizers).map(([name, field]) => [
    name,
    field !== undefined && "every" in field ? field.every : 1,
  ]);
  return JSON.stringify([schedule, loss, rounds, trainOnly?.network]);
}
