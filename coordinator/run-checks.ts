// Checks that config, data and checkpoint fit together before a run starts; each mistake is one sentence.
import { type RunConfig, longWarmUps } from "../shared/config/config.ts";
import { segmentsOf } from "../shared/config/history/history.ts";
import type { Dataset } from "../shared/data/dataset.ts";
import { samplesOf } from "../shared/data/image-options.ts";
import { GanglionError } from "../shared/errors.ts";
import type { CompiledRun } from "./compiler/compile-run.ts";
import type { Checkpoint } from "./records/checkpoint/checkpoint-content.ts";
import type { Fingerprints } from "./records/fingerprints.ts";
import { samplesIn } from "./plan.ts";
import { takeSamplesAlike } from "./records/checkpoint/same-samples.ts";
import { layoutDifference } from "./records/layout-difference.ts";
import { checkSameRun, otherNetworks, short } from "./records/same-run.ts";

/** @throws GanglionError CONFIG when the batch is larger than the data set, mirrored images counted */
export function checkBatch(
  { batch, images }: RunConfig,
  { count, name }: Pick<Dataset, "count" | "name">,
): void {
  if (batch > samplesOf(images, count))
    throw new GanglionError(
      "CONFIG",
      `the batch of ${batch} is larger than the data set ${name} with its ${count} images: lower --batch`,
    );
}

/**
 * Where the run's length is in epochs, the data decides how many steps that is.
 *
 * @throws GanglionError CONFIG when a warm-up is longer than the run
 */
export function checkWarmUps(config: RunConfig, steps: number): void {
  const [fault] = longWarmUps(config, steps);
  if (fault) throw new GanglionError("CONFIG", `config field ${fault.path.join(".")}: ${fault.message}`);
}

export interface ResumedRun {
  readonly config: RunConfig;
  /** Null where the run starts again. */
  readonly checkpoint: Checkpoint | null;
  /** What the run was started with; null where it is not known. */
  readonly before: Fingerprints | null;
  readonly now: Fingerprints;
  readonly compiled: Pick<CompiledRun, "layout" | "phases">;
}

/**
 * Checks that a run can go on with these networks and data; changes nothing.
 *
 * @throws GanglionError CHECKPOINT when the networks differ, DATA when the data do
 */
export function checkResumed({ config, checkpoint, before, now, compiled }: ResumedRun): void {
  if (checkpoint) checkLayout(checkpoint, compiled, config);
  if (before) checkSameRun({ before, now, config, fromStart: checkpoint === null });
  if (checkpoint) checkPosition(checkpoint, compiled, config);
}

/** @throws GanglionError CHECKPOINT when the weights are of other networks */
export function checkLayout(
  { layout }: Pick<Checkpoint, "layout">,
  compiled: Pick<CompiledRun, "layout">,
  config: RunConfig,
): void {
  if (layout.hash === compiled.layout.hash) return;
  const [theirs, ours] = [layout, compiled.layout].map(({ hash }) => short(hash));
  throw otherNetworks(
    `the weights of the run have layout ${theirs}, and the networks have ${ours} now (${layoutDifference(layout, compiled.layout)})`,
    config,
  );
}

/**
 * Only the compiled phases tell how many samples a step takes.
 *
 * @throws GanglionError CHECKPOINT when the position does not fit the step
 */
export function checkPosition(
  { step, position, config: { run, applied = 0 } }: Checkpoint,
  compiled: Pick<CompiledRun, "phases">,
  config: RunConfig,
): void {
  const segments = segmentsOf(run, applied, step);
  if (!takeSamplesAlike([...segments.map((segment) => segment.config), config])) return; // their phases are not compiled: its bounds are checked
  let [taken, start] = [0, 0];
  for (const segment of segments) {
    taken += samplesIn(compiled, segment.config, start, segment.steps);
    start += segment.steps;
  }
  if (position === taken) return;
  throw new GanglionError(
    "CHECKPOINT",
    `the checkpoint is at position ${position} of the samples, and ${step} steps take ${taken}: use another checkpoint`,
  );
}
