// What a run leaves on the disk: its checkpoints, by their bytes and by how many stay.
import { keptAtEnd } from "../../coordinator/records/checkpoint/retention.ts";
import { momentsOf } from "../../coordinator/update/optimizers/optimizer.ts";
import { type RunConfig, networksOf, optimizerOf } from "../../shared/config/config.ts";
import { type Layout, sectionOf } from "../../shared/protocol/layout.ts";

export interface DiskUse {
  /** Of one checkpoint, without its few kB of names. */
  readonly checkpointBytes: number;
  /** That are written in the run's course, where its steps are fast enough for `checkpointEvery` to decide. */
  readonly written: number;
  /** That are there at its end, beside the best by FID. */
  readonly kept: number;
  /** Of those. */
  readonly keptBytes: number;
}

/** Weights, their average, and the moments of each network's optimizer, in float32. */
export function diskUse(config: RunConfig, layout: Layout, steps: number): DiskUse {
  const moments = networksOf(config.task).map(
    (network) => momentsOf(optimizerOf(config, network)).length * sectionOf(layout, `${network}/`).length,
  );
  const average = config.task === "gan" && config.average > 0 ? layout.length : 0;
  const values = moments.reduce((sum, each) => sum + each, layout.length + average);
  const checkpointBytes = values * Float32Array.BYTES_PER_ELEMENT;
  const kept = keptAtEnd(config, steps);
  return {
    checkpointBytes,
    written: Math.ceil(steps / config.checkpointEvery),
    kept,
    keptBytes: kept * checkpointBytes,
  };
}
