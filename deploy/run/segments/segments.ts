// A run in segments, from one change of its config to the next: each goes on from the one before as a resumed run does.
import type { CoordinatorOptions, Outcome } from "../../../coordinator/main.ts";
import { stepsOf } from "../../../coordinator/plan.ts";
import { checkBatch, checkWarmUps } from "../../../coordinator/run-checks.ts";
import type { CourseRequest } from "../../../coordinator/steering/between-steps.ts";
import type { Asked } from "../../../coordinator/steering/steering.ts";
import { loadCheckpoint } from "../../../coordinator/records/checkpoint/checkpoint.ts";
import type { Checkpoint } from "../../../coordinator/records/checkpoint/checkpoint-content.ts";
import { listCheckpoints } from "../../../coordinator/records/checkpoint/list-checkpoints.ts";
import { samplesOf } from "../../../shared/data/image-options.ts";
import { GanglionError, messageOf } from "../../../shared/errors.ts";
import type { ChangeFlags } from "../../flags/changes.ts";
import type { Display } from "../../terminal/display.ts";
import { displayPath } from "../../terminal/format.ts";
import { abandonAfter } from "./abandon.ts";
import { type CheckedCourse, courseOf, flagsOf } from "./course.ts";
import { compileGoingOn, goOn } from "./going-on.ts";
import type { RunData } from "../load-data.ts";
import { withModelGoingOn } from "../model/going-on-model.ts";
import { copyOfRun } from "../model/run-copy.ts";

/** What `runCoordinator` is given for a segment, but for its nodes. */
export type Segment = Omit<CoordinatorOptions, "hub" | "halt">;

type RunSegment = Segment & RunData;

/**
 * Runs a segment, and as long as it ends with a change, the next. The outcome counts them all. With `steering` changes
 * may also be asked for while it goes on.
 *
 * @throws what `compute` throws, and GanglionError where the run cannot go on with a change
 */
export async function runSegments(
  first: RunSegment,
  say: Display["say"],
  compute: (segment: Segment) => Promise<Outcome>,
): Promise<Outcome> {
  const { steering = null } = first;
  const startPosition = first.checkpoint?.position ?? 0;
  let segment = first;
  let seconds = 0;
  for (;;) {
    steering?.inEffect(segment.config);
    const course =
      steering && courseOf(segment.recorded ?? { run: segment.config, applied: 0 }, segment.folder);
    const outcome = await compute({ ...segment, course });
    seconds += outcome.seconds;
    if (outcome.state !== "changes") {
      const imagesPerSecond = seconds > 0 ? Math.max(0, outcome.images - startPosition) / seconds : 0;
      return segment === first ? outcome : { ...outcome, seconds, imagesPerSecond };
    }
    const asked = steering?.takeCourse() ?? null;
    segment =
      asked === null
        ? await nextSegment(segment, { step: outcome.steps, flags: {}, say })
        : await askedSegment(segment, { asked, course: course!, step: outcome.steps, say });
  }
}

interface AskedCourse {
  readonly asked: Asked;
  readonly course: CheckedCourse;
  /** Steps made when the last segment ended. */
  readonly step: number;
  readonly say: Display["say"];
}

/** With what was asked for; where that turns out to be impossible, it is refused, and the run goes on as it was. */
async function askedSegment(
  last: RunSegment,
  { asked, course, step, say }: AskedCourse,
): Promise<RunSegment> {
  const request = asked.request as CourseRequest;
  const checkpoint = course.takeCheckpoint();
  const said: string[] = [];
  const hear = (sentence: string): void => void said.push(sentence);
  try {
    const next = await nextSegment(last, { step, checkpoint, flags: flagsOf(request, step), say: hear });
    if (checkpoint) {
      const aside = displayPath(await abandonAfter(checkpoint.step, last.folder));
      hear(`back at step ${checkpoint.step}: the checkpoints and pictures of the ${step - checkpoint.step} steps after it are in ${aside}`); // prettier-ignore
    }
    return { ...next, began: () => asked.apply(checkpoint?.step ?? step, said) };
  } catch (error) {
    asked.refuse(step, messageOf(error));
    if (!(error instanceof GanglionError) || error.code === "RUN_FOLDER") throw error;
    return nextSegment(last, { step, flags: {}, say });
  }
}

interface NextSegment {
  /** Steps made when the last segment ended: it has left a checkpoint of them. */
  readonly step: number;
  /** To go on from instead. */
  readonly checkpoint?: Checkpoint | null;
  readonly flags: ChangeFlags;
  readonly say: Display["say"];
}

/** @throws GanglionError where the run cannot go on so; the last segment's folder is as it was */
async function nextSegment(
  last: RunSegment,
  { step, flags, say, ...options }: NextSegment,
): Promise<RunSegment> {
  const { folder, train, test } = last;
  const checkpoint = options.checkpoint ?? (await checkpointOf(folder, step));
  const going = goOn({ checkpoint, run: checkpoint.config.run }, flags, {});
  checkBatch(going.config, train);
  const data = { train, test };
  const warn = (_code: string, message: string): void => say(message);
  const { fingerprints } = checkpoint;
  const source = { going, copy: last.copy ?? null, recorded: fingerprints?.module ?? null };
  const naming = { name: `the run ${folder.path}`, run: folder, hasRun: true, warn };
  const { carried, copy } = await withModelGoingOn(source, naming, async (files, kept) => ({
    carried: await compileGoingOn({ going, checkpoint, fingerprints, data, files, kept }),
    copy: await copyOfRun(going.config, kept, warn),
  }));
  const { recorded, config } = going;
  const { compiled } = carried;
  checkWarmUps(config, stepsOf(compiled, config, samplesOf(config.images, train.count), checkpoint));
  for (const sentence of [...going.said, ...carried.said]) say(sentence);
  const { began: _, ...same } = last;
  return {
    ...same,
    config,
    recorded,
    isChanged: true,
    checkpoint: carried.checkpoint,
    compiled,
    copy,
    isNew: false,
  };
}

async function checkpointOf({ checkpoints }: RunSegment["folder"], step: number): Promise<Checkpoint> {
  const found = (await listCheckpoints(checkpoints)).find((one) => one.step === step);
  if (found) return loadCheckpoint(found.file);
  throw new GanglionError(
    "CHECKPOINT",
    `the checkpoint of step ${step} is not in ${checkpoints} any more: resume the run`,
  );
}
