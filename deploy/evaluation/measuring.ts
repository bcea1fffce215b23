// Threads of this process that measure checkpoints of one run: the same pieces as leases have, without a coordinator.
import { nowOfCheckpoint } from "../../coordinator/now.ts";
import type { NowValues } from "../../shared/program/now-inputs.ts";
import type { Checkpoint } from "../../coordinator/records/checkpoint/checkpoint-content.ts";
import type { ExtractFeatures } from "../../coordinator/evaluation/asked.ts";
import { type Evaluation, Evaluator } from "../../coordinator/evaluation/evaluator.ts";
import { evaluationCache } from "../../coordinator/evaluation/reference-cache.ts";
import { featureShares } from "../../coordinator/plan.ts";
import type { Dataset } from "../../shared/data/dataset.ts";
import { type Extractor, rowLength } from "../../shared/evaluation/extractor.ts";
import { encodeProgram, programHash } from "../../shared/program/program.ts";
import type { Plan } from "../../shared/protocol/messages.ts";
import { SharedBuffers } from "../../worker/buffers.ts";
import type { EngineChoice } from "../../worker/engine/engine-choice.ts";
import { openEngine } from "../../worker/engine/open-engine.ts";
import { LeaseWork } from "../../worker/lease-work.ts";
import { openPool } from "../../worker/pool.ts";
import { WeightsHolder } from "../../worker/weights/weights-holder.ts";
import type { Generator } from "../run/checkpoint-generator.ts";

export interface MeasuringOptions {
  /** Of the checkpoint's run; it draws as many images at once as the run itself does. */
  readonly generator: Generator;
  readonly config: Checkpoint["config"];
  readonly extractor: Extractor;
  readonly train: Dataset;
  readonly images: number;
  readonly seed: number;
  readonly choice: EngineChoice;
  readonly threads: number;
  readonly warn: (message: string) => void;
  readonly stop: AbortSignal;
  /** What is done, of how much: images first, then the comparison in hundredths. */
  readonly onProgress: (doing: "real images" | "images" | "comparing", done: number, total: number) => void;
}

export interface Measuring {
  /** @throws the reason of `stop`; GanglionError as engines and metrics */
  measure(checkpoint: Checkpoint): Promise<Evaluation>;
  close(): Promise<void>;
}

/** Pieces that a thread has in one go, between two reports of progress. */
const PIECES = 4;

/** @throws GanglionError WORKER when a thread cannot start */
export async function openMeasuring(options: MeasuringOptions): Promise<Measuring> {
  const { generator, config, extractor, train, images, seed, choice, threads, warn, stop, onProgress } =
    options;
  const { plan, programs } = planOf(options);
  const { numerics } = await openEngine(choice);
  const pool = await openPool({ plan, programs, choice, train, test: null }, threads);
  const buffers = new SharedBuffers();
  const leaseWork = new LeaseWork({ plan, pool, threads, weights: new WeightsHolder(), buffers });
  const { classes, labels = Array.from({ length: classes }, (_, label) => label) } = config;
  const evaluator = new Evaluator({
    spec: extractor.spec,
    images,
    seed,
    train,
    flip: config.run.images.flip,
    asked: generator.program.inputs.some(({ name }) => name === "labels") ? labels : null,
    numerics: () => numerics,
    cache: evaluationCache(),
    warn,
  });
  const row = rowLength(extractor.spec);

  /** Features of what these weights draw, and of real images. */
  function extracting(weights: Float32Array, now: NowValues): ExtractFeatures {
    return async ({ source, seed: of, first, images: total }) => {
      const rows = new Float32Array(total * row);
      const doing = source === "train" ? "real images" : "images";
      const atOnce = featureShares(plan, source).piece * threads * PIECES;
      for (let at = 0; at < total; at += atOnce) {
        stop.throwIfAborted();
        const count = Math.min(atOnce, total - at);
        const work = { kind: "features", source, seed: of, first: first + at, images: count, now } as const;
        const lease = { type: "lease", id: 1, version: 0, deadlineMs: Number.MAX_VALUE, work } as const;
        const body = source === "generated" ? weights : null;
        const result = (await leaseWork.compute(lease, body, () => false))!;
        rows.set(result.vector, at * row);
        result.release();
        onProgress(doing, at + count, total);
      }
      return rows;
    };
  }

  return {
    async measure(checkpoint) {
      const given = checkpoint.ema ?? checkpoint.weights;
      const weights = new Float32Array(new SharedArrayBuffer(given.byteLength));
      weights.set(given);
      const progress = (done: number): void => onProgress("comparing", Math.round(100 * done), 100);
      return evaluator.measure(extracting(weights, nowOfCheckpoint(checkpoint)), { signal: stop, progress });
    },
    close: () => pool.close(),
  };
}

/** Only what measuring needs: no phases. */
function planOf({ generator, config, extractor, train, seed }: MeasuringOptions): {
  readonly plan: Plan;
  readonly programs: ReadonlyMap<string, Uint8Array>;
} {
  const { program, layout } = generator;
  const encoded = encodeProgram(program);
  const hash = programHash(encoded);
  const [batch, height, width, channels] = program.values[program.outputs[0].value].shape;
  const plan: Plan = {
    run: "evaluation",
    seed,
    weights: layout,
    phases: [],
    latentSize: config.run.latentSize,
    data: { name: train.name, fingerprint: train.fingerprint, test: null, images: config.run.images },
    generate: { program: hash, batch, atOnce: batch, imageShape: [height, width, channels] },
    evaluate: null,
    probe: null,
    extractor: extractor.spec,
  };
  return {
    plan,
    programs: new Map([
      [hash, encoded],
      [extractor.spec.hash, extractor.bytes],
    ]),
  };
}
