// The config that a benchmark trains with.
import type { RunConfig } from "../../shared/config/config.ts";
import { type ConfigDraft, type DatasetFacts, configFromFlags } from "../flags/config-from-flags.ts";
import { type Subject, type Work, subjectOf } from "./work.ts";

/** `steps` of the whole run; one shard a thread. */
export async function benchConfig(
  work: Pick<Work, "threads" | "shard" | "ownSchedule"> & Subject,
  steps: number,
): Promise<ConfigDraft> {
  const { threads, shard, ownSchedule = false } = work;
  const { config, forData } = await configFromFlags({
    ...subjectOf(work),
    batch: threads * shard,
    shard,
    steps,
  });
  const scheduled = (of: RunConfig): RunConfig =>
    ownSchedule ? of : { ...of, schedule: { kind: "simultaneous" } };
  return {
    config: scheduled(config),
    forData: (data: DatasetFacts) => scheduled(forData(data)),
  };
}
