// Evaluates what was learned, as leased work: images from fixed noise, how good they are, a classifier on the test split.
import type { Results, Task } from "../leases/task.ts";
import { EVALUATION_SUMS } from "../plan.ts";
import { leasedFeatures } from "./leased-features.ts";
import type { ExtractFeatures } from "./asked.ts";
import type { Evaluator } from "./evaluator.ts";
import type { NowOf } from "../now.ts";
import type { RunEvent } from "../dashboard/events.ts";
import type { Leases } from "../leases/leases.ts";
import { checkpointName } from "../records/checkpoint/list-checkpoints.ts";
import type { Records } from "../records/records.ts";
import type { Updater } from "../update/update.ts";
import type { Vectors } from "../update/vector-threads/vectors.ts";
import type { Weights } from "../update/weights.ts";
import type { Plan, Work } from "../../shared/protocol/messages.ts";

export interface EvaluationOptions {
  readonly plan: Plan;
  /** Steps done, and samples used. */
  readonly cursor: { readonly step: number; readonly position: number };
  readonly nowOf: NowOf;
  readonly leases: Leases;
  readonly updater: Updater;
  readonly weights: Weights;
  readonly vectors: Vectors;
  /** Names of the classes that the columns of a sample grid are; null where they are none. */
  readonly columns: readonly string[] | null;
  /** Samples of the test split, 0 where nothing is evaluated. */
  readonly testSize: number;
  /** What measures the generator; null where nothing does. */
  readonly evaluator: Evaluator | null;
  /** The coordinator itself computes, and is alive. */
  readonly measuring: () => void;
  readonly records: Records;
  readonly publish: (event: RunEvent) => void;
  /** Gives up at once. */
  readonly halt: AbortSignal;
}

interface EvaluationTask extends Task {
  readonly work: Extract<Work, { kind: "evaluate" }>;
}

/**
 * Draws images from the run's fixed noise with the EMA, into `samples/<step>.png`. `isSaved`: whether these weights become
 * a checkpoint, which then draws the same picture.
 */
export async function drawSamples(options: EvaluationOptions & { readonly isSaved: boolean }): Promise<void> {
  const { plan, cursor, leases, updater, weights, vectors, records, publish, halt } = options;
  const { batch, imageShape, program } = plan.generate!;
  const size = batch * imageShape.reduce((product, dimension) => product * dimension, 1);
  let images = new Float32Array(0);
  const task: Task = {
    work: { kind: "generate", first: 0, images: batch, ...options.nowOf(program, cursor) },
    version: weights.version,
    body: updater.ema(weights),
    size: 1,
  };
  const results: Results<Task> = {
    accept(_task, result, _member, envelope) {
      if (result.length !== size) return "length";
      if (!vectors.allFinite(result)) return "not finite";
      images = result.slice();
      envelope.release();
      return null;
    },
  };
  await leases.complete([task], results, halt);
  const name = `${String(cursor.step).padStart(6, "0")}.png`;
  const [height, width, channels] = imageShape;
  const { columns } = options;
  const file = await records.picture(name, {
    images,
    imageShape: [height, width, channels],
    ...(columns && { columns: columns.length }),
  });
  if (file === null) return; // warned of already
  const { step } = cursor;
  const checkpoint = options.isSaved ? { checkpoint: checkpointName(step) } : {};
  publish({
    type: "samples",
    step,
    file,
    url: `/samples/${name}`,
    ...checkpoint,
    ...(columns && { columns }),
  });
}

/** Mean loss and accuracy over the whole test split. */
export async function evaluate(options: EvaluationOptions): Promise<void> {
  const { plan, cursor, leases, weights, vectors, testSize, publish, records, halt } = options;
  const { batch, program } = plan.evaluate!;
  const now = options.nowOf(program, cursor);
  const sums: { readonly first: number; readonly loss: number; readonly correct: number }[] = [];
  const tasks: EvaluationTask[] = [];
  for (let first = 0; first < testSize; first += batch) {
    const samples = Math.min(batch, testSize - first);
    tasks.push({ work: { kind: "evaluate", first, samples, ...now }, version: weights.version, size: 1 });
  }
  const results: Results<EvaluationTask> = {
    accept({ work: { first, samples } }, result, _member, envelope) {
      if (result.length !== EVALUATION_SUMS) return "length";
      if (!vectors.allFinite(result)) return "not finite";
      if (!isPossible(result[0], result[1], samples)) return "out of range";
      sums.push({ first, loss: result[0], correct: result[1] });
      envelope.release();
      return null;
    },
  };
  await leases.complete(tasks, results, halt);
  sums.sort((a, b) => a.first - b.first); // the order of arrival must not decide the last digit
  const total = (field: "loss" | "correct"): number => sums.reduce((sum, part) => sum + part[field], 0);
  const metrics = { loss: total("loss") / testSize, accuracy: total("correct") / testSize };
  records.evaluation(cursor.step, metrics);
  publish({ type: "evaluation", step: cursor.step, metrics });
}

/** The generator's images, drawn with its average, against real ones. */
export async function evaluateGenerator(options: EvaluationOptions): Promise<void> {
  const { plan, cursor, leases, updater, weights, vectors, publish, records, halt, measuring } = options;
  const { version } = weights;
  const drawing = updater.ema(weights);
  const now = options.nowOf(plan.generate!.program, cursor);
  const extract: ExtractFeatures = (request) =>
    leasedFeatures(request, { plan, leases, vectors, version, weights: drawing, ...now, signal: halt });
  const watch = { signal: halt, progress: measuring };
  const { metrics, ...terms } = await options.evaluator!.measure(extract, watch);
  records.evaluation(cursor.step, metrics, terms);
  publish({ type: "evaluation", step: cursor.step, metrics, ...terms });
}

/** −log of the least probability that the evaluation tells from zero, 1e-7, and a little for rounding. */
const WORST_LOSS = 16.2;

/** Whether these are a sum of cross-entropies and a number of right answers, of so many samples. */
function isPossible(loss: number, correct: number, samples: number): boolean {
  const isCount = Number.isInteger(correct) && correct >= 0 && correct <= samples;
  return isCount && loss >= -0.001 * samples && loss <= WORST_LOSS * samples;
}
