// What a run, or a dry run, warns of once at its start: it trains, but not as its user expects.
import type { RunConfig } from "../../shared/config/config.ts";
import type { CompiledRun } from "./compile-run.ts";
import { warnOfShardOfOne } from "./models/batch-normalization.ts";
import { objectiveWarnings } from "./objectives/objective-warnings.ts";
import { warnOfUnusedSamples } from "./objectives/unused-samples.ts";

export interface StartWarning {
  readonly code: "SAMPLES_UNUSED" | "SHARD_OF_ONE" | "OBJECTIVE" | "DATA";
  readonly message: string;
}

export function startWarnings(
  { phases, networks, constraints }: Pick<CompiledRun, "phases" | "networks" | "constraints">,
  config: RunConfig,
): StartWarning[] {
  const unused = warnOfUnusedSamples(phases);
  const alone = Object.entries(networks).flatMap(
    ([name, network]) => warnOfShardOfOne(name, network.batchNormalization, config) ?? [],
  );
  return [
    ...(unused === null ? [] : [{ code: "SAMPLES_UNUSED", message: unused } as const]),
    ...alone.map((message) => ({ code: "SHARD_OF_ONE", message }) as const),
    ...objectiveWarnings(config, { networks, constraints }).map(
      (message) => ({ code: "OBJECTIVE", message }) as const,
    ),
  ];
}
