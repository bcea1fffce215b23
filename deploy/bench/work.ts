// What `ganglion bench` measures, and the systems that can do the same work.

export interface Work {
  /** Whose networks; where it is left out, those of `model`, or of the preset that the data ask for. */
  readonly preset?: string;
  /** A module with networks of one's own. */
  readonly model?: string;
  readonly filters?: number;
  /** A file of config fields. */
  readonly config?: string;
  /** The images; the built-in ones where it is left out. */
  readonly data?: string;
  /** [height, width] that they are resized to. */
  readonly imageSize?: readonly [number, number];
  /** Rounds of D and G as the config has them; else both networks are trained in one round. */
  readonly ownSchedule?: boolean;
  readonly threads: number;
  readonly shard: number;
  readonly steps: number;
  readonly warmUp: number;
}

export type BaselineName = "pytorch" | "tensorflow";
export const BASELINES: readonly BaselineName[] = ["pytorch", "tensorflow"];

/** Whose networks on which images: fields of the same names as the flags of `ganglion train`. */
export type Subject = Pick<Work, "preset" | "model" | "filters" | "config" | "data" | "imageSize">;

export function subjectOf({ preset, model, filters, config, data, imageSize }: Subject): Subject {
  return {
    ...(preset !== undefined && { preset }),
    ...(model !== undefined && { model }),
    ...(filters !== undefined && { filters }),
    ...(config !== undefined && { config }),
    ...(data !== undefined && { data }),
    ...(imageSize !== undefined && { imageSize }),
  };
}

/** For a headline: `my-gan.js on ./photos`. */
export function titleOf({ preset, model, config, data }: Subject): string {
  const networks = model ?? preset ?? config;
  if (networks === undefined) return data ?? "the default networks";
  return data === undefined ? networks : `${networks} on ${data}`;
}
