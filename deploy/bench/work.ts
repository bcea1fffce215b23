// What `ganglion bench` measures, and the systems that can do the same work.

export interface Work {
  readonly preset: string;
  readonly threads: number;
  readonly shard: number;
  readonly steps: number;
  readonly warmUp: number;
}

export type BaselineName = "pytorch" | "tensorflow";
export const BASELINES: readonly BaselineName[] = ["pytorch", "tensorflow"];
