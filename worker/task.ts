// What a node's event loop asks of its threads.
import type { Dataset } from "../shared/data/dataset.ts";
import type { NowValues } from "../shared/program/now-inputs.ts";
import type { Plan } from "../shared/protocol/messages.ts";
import type { EngineChoice } from "./engine/engine-choice.ts";
import type { FeatureTask } from "./features/features.ts";

/** Given to every thread when it starts; data sets lie in shared memory. */
export interface ThreadSetup {
  /** The memory of the pool's gate. */
  readonly gate: SharedArrayBuffer;
  readonly plan: Plan;
  /** Encoded programs by hash. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
  readonly choice: EngineChoice;
  readonly train: Dataset;
  /** The test split, where the run evaluates. */
  readonly test: Dataset | null;
}

/** Weights to compute with: [P] in shared memory. Threads keep a copy of the last `copy` they saw. */
export interface TaskWeights {
  /** Two tasks with the same number have the same weights. */
  readonly copy: number;
  readonly vector: Float32Array;
}

/** One shard or what is wrong with it, one piece of images or features, one batch of an evaluation or for the guard, written to `output` in shared memory. */
export type Computation = {
  /** Null where real images are looked at. */
  readonly weights: TaskWeights | null;
  readonly output: Float32Array;
  /** What the program is told of the step, where it uses that. */
  readonly now?: NowValues | undefined;
} & (
  | {
      readonly kind: "phase";
      readonly phase: number;
      readonly step: number;
      readonly shard: number;
      readonly position: number;
      /** No other shard waits for this thread, so that it can draw the next round's inputs when it is done. */
      readonly isLast: boolean;
    }
  /** A piece of the images of a lease, `whole`. */
  | {
      readonly kind: "generate";
      readonly first: number;
      readonly images: number;
      readonly whole: { readonly first: number; readonly images: number };
    }
  | { readonly kind: "evaluate"; readonly first: number; readonly samples: number }
  | { readonly kind: "probe"; readonly step: number; readonly first: number; readonly position: number }
  | {
      readonly kind: "diagnose";
      readonly phase: number;
      readonly step: number;
      readonly shard: number;
      readonly position: number;
    }
  | ({ readonly kind: "features" } & Omit<FeatureTask, "output">)
);

/** `ready` computes nothing: it is answered once the thread has prepared its programs. */
export type Task = Computation | { readonly kind: "ready" };

/** Elements of an `evaluate` result: sum of the losses, number of right answers. */
export const EVALUATION_SUMS = 2;
