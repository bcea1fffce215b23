// The events of the dashboard socket: each is numbered, so that a client that was away can ask `?since=N`.
import type { ControlAction } from "../steering/requests.ts";

export interface NodeView {
  readonly node: string;
  readonly threads: number;
  readonly engine: string;
  readonly device: string;
  /** Library, version and CPU features, as far as they decide the bits of its results. */
  readonly numerics?: string;
  /** `benched`: its answers were refused, and it gets no work for a while. */
  readonly state: "joining" | "ready" | "benched" | "leaving";
  /** How long its threads took to prepare the run's programs; null until they have. */
  readonly prepareMs: number | null;
  /** Contributions accepted since the node joined. */
  readonly contributions: number;
  /** Contributions refused since, and leases that it failed at or did not answer in time. */
  readonly faults: number;
  /** How long one of its threads takes for a shard of a phase, by its latest answers; null before the first. */
  readonly shardMs: number | null;
}

/** What the numbers of a generator's evaluation rest on; without it they mean nothing. */
export interface EvaluationTerms {
  /** What made the features. */
  readonly extractor: string;
  /** How images were resized for it. */
  readonly resizer: string;
  /** Generated images, and as many real ones. */
  readonly images: number;
  readonly seed: number;
  /** Real images against other real images; null where there are too few for two sets. */
  readonly floor: EvaluationFloor | null;
}

export interface EvaluationFloor {
  /** In each of the two sets; fewer than are generated where the data are few, which makes the floor higher. */
  readonly images: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** An event before it gets its number and time. */
export type RunEvent =
  | {
      readonly type: "run";
      readonly run: string;
      readonly state:
        | "preparing"
        | "training"
        | "paused"
        | "stalled"
        | "done"
        | "stopped"
        | "diverged"
        | "failed";
      readonly preset: string;
      readonly steps: number;
      readonly batch: number;
      readonly parameters: Readonly<Record<string, number>>;
      /** 0 where the data has no labels. */
      readonly classes: number;
      /** The label of each class in the data, where that is not its number. */
      readonly labels?: readonly number[];
      readonly folder: string;
      /** Why it failed, or what it waits for. */
      readonly reason?: string;
    }
  | { readonly type: "compiled"; readonly programs: number; readonly traceMs: number }
  | {
      readonly type: "step";
      readonly step: number;
      readonly version: number;
      readonly images: number;
      readonly epoch: number;
      readonly seconds: number;
      readonly imagesPerSecond: number;
      /** Seconds to the last step at the present speed. */
      readonly remainingSeconds: number;
      /** Losses and other metrics of the phases by name, e.g. `loss/discriminator`. */
      readonly metrics: Readonly<Record<string, number>>;
      /** L2 norm of the mean gradient before it is clipped, by network; of the step's last round that trains it. */
      readonly gradientNorms: Readonly<Record<string, number>>;
      /** The same by layer, e.g. `generator/03-dense`: a norm is over the layer's kernel and bias together. */
      readonly layerGradientNorms: Readonly<Record<string, number>>;
    }
  | {
      readonly type: "workers";
      readonly nodes: readonly NodeView[];
      /** What was refused since the coordinator started, by reason: contributions, and what did not become a message. */
      readonly refused?: Readonly<Record<string, number>>;
    }
  | {
      readonly type: "samples";
      readonly step: number;
      readonly file: string;
      readonly url: string;
      /** The classes by column, where the generator is told them. */
      readonly columns?: readonly string[];
      /** The checkpoint that is written of the same step and draws this picture, by its file's name; absent where none is. */
      readonly checkpoint?: string;
    }
  | {
      readonly type: "checkpoint";
      readonly step: number;
      readonly file: string;
      readonly weightsHash: string;
    }
  | ({
      readonly type: "evaluation";
      readonly step: number;
      /** Of a classifier `loss` and `accuracy` over the test split; of a generator `fid`, `kid` and others, on these terms. */
      readonly metrics: Readonly<Record<string, number>>;
    } & Partial<EvaluationTerms>)
  | {
      /** What somebody asked of the run, and how it was answered. */
      readonly type: "control";
      /** The id of the request. */
      readonly request: string;
      readonly action: ControlAction;
      readonly outcome: "applied" | "refused";
      /** Steps made by then. */
      readonly step: number;
      /** Where it came from, and who asked where that is known. */
      readonly from: string;
      /** What there is to say of it, or why it was refused; may be empty. */
      readonly message: string;
    }
  | { readonly type: "warning"; readonly code: string; readonly message: string };

/** As it is sent: one JSON text frame. `id` counts from 1 without gaps; `time` is ISO 8601. */
export type NumberedEvent = RunEvent & { readonly id: number; readonly time: string };
