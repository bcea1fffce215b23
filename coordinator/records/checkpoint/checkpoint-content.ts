// What a checkpoint holds: all that decides how a run goes on.
import type { Layout } from "../../../shared/protocol/layout.ts";
import type { OptimizerState } from "../../update/optimizers/optimizer.ts";
import type { Fingerprints } from "../fingerprints.ts";
import type { CheckpointConfig } from "./checkpoint-config.ts";

export interface Checkpoint {
  /** Steps done. */
  readonly step: number;
  /** Of `weights`; +1 an applied phase. */
  readonly version: number;
  /** The cursor: how many samples of the stream were used. */
  readonly position: number;
  /** Images shown to the discriminator so far. */
  readonly images: number;
  readonly config: CheckpointConfig;
  readonly layout: Layout;
  /** [P], all networks, with their non-trainable state. */
  readonly weights: Float32Array;
  /** [P], same layout; null if the run keeps no average. */
  readonly ema: Float32Array | null;
  /** Updates made and moments by name, by network. */
  readonly optimizers: Readonly<Record<string, OptimizerState>>;
  /** What decides the bits beside config and code (engine, version, CPU features). */
  readonly numerics: string;
  /** Of data and programs; null in those that an older Ganglion wrote. */
  readonly fingerprints: Fingerprints | null;
}
