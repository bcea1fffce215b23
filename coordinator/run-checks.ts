// What config, data and checkpoint must agree on before a run begins; each mistake is one sentence.
import { type RunConfig, longWarmUps } from "../shared/config.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { GanglionError } from "../shared/errors.ts";
import type { CompiledRun } from "../shared/objectives/compile-run.ts";
import type { Checkpoint } from "./checkpoint.ts";

/** @throws GanglionError CONFIG */
export function checkBatch({ batch }: RunConfig, { count, name }: Pick<Dataset, "count" | "name">): void {
  if (batch > count)
    throw new GanglionError(
      "CONFIG",
      `the batch of ${batch} is larger than the data set ${name} with its ${count} images: lower --batch`,
    );
}

/**
 * Where the run is so many epochs long, the data decides how many steps that is.
 *
 * @throws GanglionError CONFIG
 */
export function checkWarmUps(config: RunConfig, steps: number): void {
  const [fault] = longWarmUps(config, steps);
  if (fault) throw new GanglionError("CONFIG", `config field ${fault.path.join(".")}: ${fault.message}`);
}

/** @throws GanglionError CHECKPOINT */
export function checkCheckpoint(
  checkpoint: Checkpoint | null,
  { layout }: Pick<CompiledRun, "layout">,
): void {
  if (!checkpoint || checkpoint.layout.hash === layout.hash) return;
  throw new GanglionError(
    "CHECKPOINT",
    `the checkpoint has layout ${checkpoint.layout.hash.slice(0, 12)}…, the networks have ${layout.hash.slice(0, 12)}…: they are not the ones it was trained with; put the model module back as it was, or start a new run`,
  );
}
