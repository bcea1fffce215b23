// A run in segments, from one change of its config to the next: each goes on from the one before as a resumed run does.
import type { CoordinatorOptions, Outcome } from "../../../coordinator/main.ts";
import { loadCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import { listCheckpoints } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import { GanglionError } from "../../../shared/errors.ts";
import type { Display } from "../../terminal/display.ts";
import { compileGoingOn, goOn } from "./going-on.ts";
import type { RunData } from "../load-data.ts";
import { withModelGoingOn } from "../model/going-on-model.ts";
import { copyOfRun } from "../model/run-copy.ts";

/** What `runCoordinator` is given for a segment, but for its nodes. */
export type Segment = Omit<CoordinatorOptions, "hub" | "halt">;

type RunSegment = Segment & RunData;

/**
 * Runs a segment, and as long as it ends with a change, the next. The outcome counts them all.
 *
 * @throws what `compute` throws, and GanglionError where the run cannot go on with a change
 */
export async function runSegments(
  first: RunSegment,
  say: Display["say"],
  compute: (segment: Segment) => Promise<Outcome>,
): Promise<Outcome> {
  const startPosition = first.checkpoint?.position ?? 0;
  let segment = first;
  let seconds = 0;
  for (;;) {
    const outcome = await compute(segment);
    seconds += outcome.seconds;
    if (outcome.state !== "changes") {
      const imagesPerSecond = seconds > 0 ? (outcome.images - startPosition) / seconds : 0;
      return segment === first ? outcome : { ...outcome, seconds, imagesPerSecond };
    }
    segment = await nextSegment(segment, outcome.steps, say);
  }
}

/** From the checkpoint that the last one has ended with. */
async function nextSegment(last: RunSegment, step: number, say: Display["say"]): Promise<RunSegment> {
  const { folder, train, test } = last;
  const found = (await listCheckpoints(folder.checkpoints)).find((one) => one.step === step);
  if (!found)
    throw new GanglionError(
      "CHECKPOINT",
      `the checkpoint of step ${step} is not in ${folder.checkpoints} any more: resume the run`,
    );
  const checkpoint = await loadCheckpoint(found.file);
  const going = goOn({ checkpoint, run: checkpoint.config.run }, {}, {});
  const data = { train, test };
  const warn = (_code: string, message: string): void => say(message);
  const { fingerprints } = checkpoint;
  const source = { going, copy: last.copy ?? null, recorded: fingerprints?.module ?? null };
  const naming = { name: `the run ${folder.path}`, run: folder, hasRun: true, warn };
  const { carried, copy } = await withModelGoingOn(source, naming, async (files, kept) => ({
    carried: await compileGoingOn({ going, checkpoint, fingerprints, data, files, kept }),
    copy: await copyOfRun(going.config, kept, warn),
  }));
  for (const sentence of [...going.said, ...carried.said]) say(sentence);
  const { recorded, config } = going;
  const { compiled } = carried;
  return {
    ...last,
    config,
    recorded,
    isChanged: true,
    checkpoint: carried.checkpoint,
    compiled,
    copy,
    isNew: false,
  };
}
