// What a lease asks for, computed on the node's threads: a sum of shards, images, sums of an evaluation, or features.
import { copyBytes } from "../shared/copy-bytes.ts";
import { pieceImages, rowLength } from "../shared/evaluation/extractor.ts";
import type { Lease, Plan, Work } from "../shared/protocol/messages.ts";
import { asyncSpan, span } from "../shared/spans.ts";
import type { Envelope } from "../shared/transport/transport.ts";
import { TreeSum } from "../shared/tree-sum.ts";
import type { SharedBuffers } from "./buffers.ts";
import { DIAGNOSIS_LENGTH } from "../shared/program/diagnosis.ts";
import { type Piece, piecesOf } from "../shared/program/pieces.ts";
import type { Pool } from "./pool.ts";
import { type Computation, EVALUATION_SUMS, type TaskWeights } from "./task.ts";
import type { WeightsHolder } from "./weights/weights-holder.ts";

export interface LeaseWorkOptions {
  readonly plan: Plan;
  readonly pool: Pool;
  readonly threads: number;
  readonly weights: WeightsHolder;
  readonly buffers: SharedBuffers;
}

/** The vector is its reader's until `release`. */
export interface LeaseResult {
  readonly vector: Float32Array;
  release(): void;
}

/** Work that any number of threads share, image by image. */
interface PiecedWork {
  readonly images: number;
  /** Images of a piece. */
  readonly piece: number;
  /** Numbers that become of an image. */
  readonly row: number;
  /** Weights that came with the lease; null where none are needed. */
  readonly body: Float32Array | null;
  readonly isCancelled: () => boolean;
}

type WorkOf<Kind extends Work["kind"]> = Extract<Work, { kind: Kind }>;

export class LeaseWork {
  readonly #options: LeaseWorkOptions;

  constructor(options: LeaseWorkOptions) {
    this.#options = options;
  }

  /**
   * Null where the lease was cancelled on the way: no further shard is begun then. `body` is what came with the lease,
   * borrowed until this settles.
   *
   * @throws GanglionError PROTOCOL when its weights are not held, and what its engine throws
   */
  async compute(
    { work, version }: Lease,
    body: Envelope["body"],
    isCancelled: () => boolean,
  ): Promise<LeaseResult | null> {
    const { weights } = this.#options;
    switch (work.kind) {
      case "phase":
        return this.#sumOfShards(work, weights.at(version), isCancelled);
      case "generate":
        return this.#images(work, body as Float32Array, isCancelled);
      case "evaluate": {
        return this.#one({ ...work, weights: weights.at(version) }, EVALUATION_SUMS);
      }
      case "probe":
        return this.#one({ ...work, weights: weights.at(version) }, this.#options.plan.probe!.result.length);
      case "diagnose":
        return this.#one({ ...work, shard: work.first, weights: weights.at(version) }, DIAGNOSIS_LENGTH);
      case "features":
        return this.#features(work, body as Float32Array | null, isCancelled);
      default:
        return work satisfies never;
    }
  }

  /** Every thread computes the next shard while its last one is summed. */
  async #sumOfShards(
    { first, shards, step, phase, position, now }: WorkOf<"phase">,
    weights: TaskWeights,
    isCancelled: () => boolean,
  ): Promise<LeaseResult | null> {
    const { plan, pool, buffers, threads } = this.#options;
    const { shards: total, contribution } = plan.phases[phase];
    const sum = new TreeSum(total, { first, shards }, (into, from) => buffers.add(into, from));
    let next = first;
    const begin = async (): Promise<{ shard: number; output: Float32Array } | null> => {
      if (next === first + shards || isCancelled()) return null;
      const shard = next++;
      const isLast = first + shards - next < threads; // each of the others has a thread of its own
      const output = buffers.acquire(contribution.length);
      try {
        await asyncSpan("compute", () =>
          pool.run({
            kind: "phase",
            step,
            phase,
            shard,
            position,
            weights,
            output,
            isLast,
            ...(now && { now }),
          }),
        );
      } catch (error) {
        buffers.release(output);
        throw error;
      }
      return { shard, output };
    };
    const lane = async (): Promise<void> => {
      for (let running = begin(), done = await running; done; done = await running) {
        running = begin();
        const { shard, output } = done;
        span("averaging", () => sum.add({ first: shard, shards: 1 }, output, () => buffers.release(output)));
      }
    };
    try {
      await allEnded(Array.from({ length: Math.min(threads, shards) }, lane));
      if (sum.complete) return sum.take();
    } catch (error) {
      sum.discard();
      throw error;
    }
    sum.discard();
    return null;
  }

  /** In pieces, by all threads, with the weights that came with the lease: [images, H, W, C]. */
  async #images(
    { first, images, now }: WorkOf<"generate">,
    body: Float32Array,
    isCancelled: () => boolean,
  ): Promise<LeaseResult | null> {
    const { imageShape, atOnce } = this.#options.plan.generate!;
    const size = imageShape.reduce((product, dimension) => product * dimension, 1);
    const whole = { first, images };
    return this.#inPieces({ images, piece: atOnce, row: size, body, isCancelled }, (piece) => ({
      kind: "generate",
      first: first + piece.first,
      images: piece.images,
      whole,
      now,
    }));
  }

  /** In pieces, by all threads, in the order of the images: [images, F + K]. */
  async #features(
    { source, seed, first, images, now }: WorkOf<"features">,
    body: Float32Array | null,
    isCancelled: () => boolean,
  ): Promise<LeaseResult | null> {
    const { generate, extractor } = this.#options.plan;
    const row = rowLength(extractor!);
    const piece = pieceImages(extractor!, source === "generated" ? generate!.atOnce : extractor!.batch);
    return this.#inPieces({ images, piece, row, body, isCancelled }, (at) => ({
      kind: "features",
      source,
      seed,
      first: first + at.first,
      images: at.images,
      now,
    }));
  }

  /** [images, row]; null where it was cancelled on the way. */
  async #inPieces(
    { images, piece, row, body, isCancelled }: PiecedWork,
    taskOf: (piece: Piece) => DistributiveOmit<Computation, "output" | "weights">,
  ): Promise<LeaseResult | null> {
    const { pool, buffers, threads, weights } = this.#options;
    const vector = buffers.acquire(images * row);
    const held = body && this.#held(body);
    const given = held && { copy: weights.nextCopy(), vector: held.vector };
    const pieces = piecesOf(images, piece);
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < pieces.length && !isCancelled()) {
        const at = pieces[next++];
        const output = vector.subarray(at.first * row, (at.first + at.images) * row);
        await pool.run({ ...taskOf(at), weights: given, output });
      }
    };
    try {
      await allEnded(Array.from({ length: Math.min(threads, pieces.length) }, lane));
    } catch (error) {
      buffers.release(vector);
      throw error;
    } finally {
      held?.release();
    }
    if (next === pieces.length) return { vector, release: () => buffers.release(vector) };
    buffers.release(vector);
    return null;
  }

  /** Weights that came with a lease, in shared memory: where they are it already, they are read in place. */
  #held(body: Float32Array): LeaseResult {
    if (body.buffer instanceof SharedArrayBuffer) return { vector: body, release: () => undefined };
    const { buffers } = this.#options;
    const vector = buffers.acquire(body.length);
    copyBytes(vector, body);
    return { vector, release: () => buffers.release(vector) };
  }

  async #one(task: DistributiveOmit<Computation, "output">, length: number): Promise<LeaseResult> {
    const { pool, buffers } = this.#options;
    const output = buffers.acquire(length);
    try {
      await pool.run({ ...task, output });
    } catch (error) {
      buffers.release(output);
      throw error;
    }
    return { vector: output, release: () => buffers.release(output) };
  }
}

/** As Promise.all, but no work is under way any more when it rejects: threads write into buffers until they end. */
async function allEnded(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((one) => one.status === "rejected");
  if (failed) throw failed.reason;
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
