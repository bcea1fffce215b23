// Whether a run is too large for the machine.
import type { RunConfig } from "../../shared/config/config.ts";
import { gigabytes } from "../../shared/data/memory-bound.ts";
import type { MemoryUse } from "./memory-use.ts";

export interface MemoryWarning {
  readonly code: "MEMORY";
  readonly message: string;
}

/** `machine`: bytes that there are. */
export function memoryWarnings(
  use: MemoryUse | null,
  { shard }: Pick<RunConfig, "shard">,
  machine: number,
): readonly MemoryWarning[] {
  if (use === null || use.total <= machine) return [];
  const { threads, thread, total, images } = use;
  const isData = images > threads * thread.kept;
  const share = isData
    ? `the images take ${gigabytes(images)}`
    : `${threads > 1 ? `each of ${threads} threads` : "its thread"} takes ${gigabytes(thread.kept)}`;
  const remedy = isData ? "a smaller --data-memory" : `a smaller --shard (now ${shard})`;
  const message = `the run needs about ${gigabytes(total)}, and this machine has ${gigabytes(machine)}: ${share}, so give ${remedy}${threads > 1 ? ", or fewer --threads or --workers" : ""}`;
  return [{ code: "MEMORY", message }];
}
