// What happens between two steps because somebody asked for it: pictures, checkpoints, pauses, another course.
import { GanglionError, messageOf } from "../../shared/errors.ts";
import {
  type EvaluationOptions,
  drawSamples,
  evaluate,
  evaluateGenerator,
} from "../evaluation/evaluation.ts";
import type { Progress } from "../progress.ts";
import type { Asked, Steering } from "./steering.ts";
import type { ControlRequest } from "./requests.ts";

/** How the run's course may change; where nobody makes its next segment, it cannot. */
export interface Course {
  /**
   * Checks what can be known before the segment ends: whether the run may have this config, whether the checkpoint is there.
   *
   * @returns what there is to say where it changes nothing, and null where it does
   * @throws GanglionError with the remedy
   */
  check(request: CourseRequest, step: number): Promise<string | null>;
  /** The command line that begins a run of its own. @throws GanglionError where there is no such checkpoint */
  forkCommand(request: Extract<ControlRequest, { action: "fork" }>): Promise<string>;
}

export type CourseRequest = Extract<ControlRequest, { action: "set" | "train-only" | "rollback" }>;

export interface SteeredOptions extends EvaluationOptions {
  /** Null for a run that nobody can reach. */
  readonly steering: Steering | null;
  readonly course: Course | null;
  readonly progress: Pick<Progress, "waited">;
  readonly stop: AbortSignal;
  /** Told when the run pauses, and when it goes on. */
  readonly paused: (isPaused: boolean) => void;
}

/**
 * Does what was asked for since the last step, in its order, and waits while the run is paused. Everything that decides
 * bits stays as it is, but for a change of course, which ends this segment of the run. `settle` writes what the last step
 * has left to be written.
 *
 * @throws the reason of `halt`; GanglionError RUN_FOLDER where a checkpoint cannot be written
 */
export async function obeyRequests(
  options: SteeredOptions,
  settle: () => void,
): Promise<"changes" | "stopped" | null> {
  const { steering, cursor, stop, halt, records, progress } = options;
  if (!steering) return null;
  for (;;) {
    const asked = stop.aborted ? null : steering.next(cursor.step);
    if (asked || stop.aborted || steering.isPaused) settle();
    if (asked) {
      if ((await obey(asked, options)) === "changes") return "changes";
      continue;
    }
    if (stop.aborted) {
      if (cursor.step > 0) await records.checkpoint(cursor);
      return "stopped";
    }
    if (!steering.isPaused) return null;
    const since = performance.now();
    await steering.arrival(stop, halt);
    progress.waited(performance.now() - since);
    halt.throwIfAborted();
  }
}

/** Answers the request, at the latest when the next segment of the run begins. */
async function obey(asked: Asked, options: SteeredOptions): Promise<"changes" | null> {
  const { cursor, records } = options;
  const { request } = asked;
  const why = refusalOf(request, options);
  if (why !== null) {
    asked.refuse(cursor.step, why);
    return null;
  }
  switch (request.action) {
    case "pause":
    case "resume":
      setPaused(asked, request.action === "pause", options);
      return null;
    case "stop":
      return null; // done when it came
    case "checkpoint":
      await attempt(asked, options, () => records.checkpoint(cursor));
      return null;
    case "sample":
      await attempt(asked, options, () => drawSamples({ ...options, isSaved: false }));
      return null;
    case "evaluate":
      await attempt(asked, options, async () => {
        await (options.plan.evaluate ? evaluate(options) : evaluateGenerator(options));
        if (records.isBest(cursor.step)) await records.checkpoint(cursor);
      });
      return null;
    case "set":
    case "train-only":
    case "rollback":
      return changeCourse(asked, request, options);
    case "fork":
      await fork(asked, request, options);
      return null;
    default:
      return request satisfies never;
  }
}

function setPaused(asked: Asked, isPaused: boolean, { steering, paused, cursor }: SteeredOptions): void {
  if (steering!.isPaused === isPaused)
    return asked.apply(cursor.step, [isPaused ? "it was paused already" : "it was not paused"]);
  if (isPaused) steering!.pause();
  else steering!.resume();
  paused(isPaused);
  asked.apply(cursor.step);
}

/** Pictures and measurements that fail are refused, and the run goes on; one that cannot be recorded ends as ever. */
async function attempt(
  asked: Asked,
  { cursor: { step }, halt }: SteeredOptions,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    asked.refuse(step, messageOf(error));
    if (halt.aborted || (error instanceof GanglionError && error.code === "RUN_FOLDER")) throw error;
    return;
  }
  asked.apply(step);
}

/** Why this run cannot do it now, with the remedy; null where it can. */
function refusalOf(
  { action }: ControlRequest,
  { cursor, plan, evaluator, course }: SteeredOptions,
): string | null {
  switch (action) {
    case "sample":
      return plan.generate ? null : "a classifier draws no pictures";
    case "evaluate":
      if (plan.evaluate || evaluator) return null;
      return "this run measures nothing: set evaluate-every=STEPS first, or measure its checkpoints with ganglion evaluate";
    case "checkpoint":
      return cursor.step > 0 ? null : NO_STEP;
    case "set":
    case "train-only":
    case "rollback":
    case "fork":
      if (!course)
        return "the program that runs it lets no course be changed: stop it, and go on with --resume --change";
      return cursor.step > 0 ? null : NO_STEP;
    case "pause":
    case "resume":
    case "stop":
      return null;
    default:
      return action satisfies never;
  }
}

const NO_STEP = "the run has made no step yet: ask again after its first, or start it with these flags";

/** Ends this segment with a checkpoint, from which the next goes on; a request that changes nothing does not. */
async function changeCourse(
  asked: Asked,
  request: CourseRequest,
  { cursor, records, steering, course }: SteeredOptions,
): Promise<"changes" | null> {
  const idle = await orRefused(asked, cursor.step, () => course!.check(request, cursor.step));
  if (idle === REFUSED) return null;
  if (idle !== null) {
    asked.apply(cursor.step, [idle]);
    return null;
  }
  steering!.changeCourse(asked);
  await records.checkpoint(cursor);
  return "changes";
}

/** A run of its own needs nodes of its own, which are not this one's to start. */
async function fork(
  asked: Asked,
  request: Extract<ControlRequest, { action: "fork" }>,
  { cursor: { step }, course }: SteeredOptions,
): Promise<void> {
  const command = await orRefused(asked, step, () => course!.forkCommand(request));
  if (command !== REFUSED)
    asked.refuse(
      step,
      `a fork is a run of its own, with nodes of its own: start it with ${command}`,
      command,
    );
}

const REFUSED = Symbol("refused");

async function orRefused<T>(
  asked: Asked,
  step: number,
  check: () => Promise<T>,
): Promise<T | typeof REFUSED> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof GanglionError)) throw error;
    asked.refuse(step, error.message);
    return REFUSED;
  }
}
