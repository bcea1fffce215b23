// What a run, or a dry run, warns of once at its start: it trains, but not as its user expects.
import type { RunConfig } from "../../shared/config/config.ts";
import { allRampsOf } from "../../shared/config/objectives/ramps.ts";
import { lateRamps } from "../../shared/config/schedule-faults.ts";
import type { CompiledRun } from "./compile-run.ts";
import { warnOfShardOfOne } from "./models/batch-normalization.ts";
import { warnOfLoneSamples } from "./models/lone-samples.ts";
import { objectiveWarnings } from "./objectives/objective-warnings.ts";
import { warnOfUnusedSamples } from "./objectives/unused-samples.ts";

export interface StartWarning {
  readonly code: "SAMPLES_UNUSED" | "SHARD_OF_ONE" | "OBJECTIVE" | "DATA" | "SCHEDULE";
  readonly message: string;
}

/** `runImages`: that training will have used when the run ends. */
export function startWarnings(
  { phases, networks, constraints }: Pick<CompiledRun, "phases" | "networks" | "constraints">,
  config: RunConfig,
  runImages: number,
): StartWarning[] {
  const unused = warnOfUnusedSamples(phases);
  const alone = Object.entries(networks).flatMap(([name, network]) =>
    [
      warnOfShardOfOne(name, network.batchNormalization, config) ?? [],
      warnOfLoneSamples(name, network, config) ?? [],
    ].flat(),
  );
  return [
    ...(unused === null ? [] : [{ code: "SAMPLES_UNUSED", message: unused } as const]),
    ...alone.map((message) => ({ code: "SHARD_OF_ONE", message }) as const),
    ...lateRamps(allRampsOf(config), runImages).map((message) => ({ code: "SCHEDULE", message }) as const),
    ...objectiveWarnings(config, { networks, constraints }).map(
      (message) => ({ code: "OBJECTIVE", message }) as const,
    ),
  ];
}
