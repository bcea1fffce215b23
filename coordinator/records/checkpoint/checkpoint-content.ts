// What a checkpoint holds: everything that decides how a run goes on.
import type { Layout } from "../../../shared/protocol/layout.ts";
import type { ModelCopy } from "../../compiler/models/users/copy/model-copy.ts";
import type { OptimizerState } from "../../update/optimizers/optimizer.ts";
import type { Fingerprints } from "../fingerprints.ts";
import type { CheckpointConfig } from "./checkpoint-config.ts";

export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Of `weights`; +1 an applied phase. */
  readonly version: number;
  /** The cursor: how many samples of the stream have been used. */
  readonly position: number;
  /** Images that training has used so far: the same as `position`. */
  readonly images: number;
  readonly config: CheckpointConfig;
  readonly layout: Layout;
  /** [P], all networks, with their non-trainable state. */
  readonly weights: Float32Array;
  /** [P], same layout; null if the run keeps no EMA. */
  readonly ema: Float32Array | null;
  /** Updates made and moments by name, by network. */
  readonly optimizers: Readonly<Record<string, OptimizerState>>;
  /** What decides the bits beside config and code (engine, version, CPU features); `arithmetic` in the file's metadata. */
  readonly numerics: string;
  /** Of data and programs; null in those that an older Ganglion wrote. */
  readonly fingerprints: Fingerprints | null;
  /** The run's own copy of its module and saved networks, without their weights; absent where it has a preset alone. */
  readonly model?: ModelCopy;
}
