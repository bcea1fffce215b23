// A data set in memory: 8-bit images and labels that every thread reads in place.

/** `images` and `labels` lie in SharedArrayBuffers; pixel 0…255 stands for -1…1. */
export interface Dataset {
  /** What the user named: `strokes`, or the folder. */
  readonly name: string;
  /** N. */
  readonly count: number;
  /** [H, W, C]. */
  readonly imageShape: readonly [number, number, number];
  /** How many classes the labels have; 0 when there are no labels. */
  readonly classes: number;
  /** [N, H, W, C] */
  readonly images: Uint8Array;
  /** [N], or null without labels. */
  readonly labels: Uint8Array | null;
  /** SHA-256 hex over shape, images and labels: two nodes with the same fingerprint hold the same bytes. */
  readonly fingerprint: string;
}

export type Split = "train" | "test";

/** What a run's networks and length depend on. */
export type DatasetSummary = Pick<Dataset, "name" | "count" | "imageShape" | "classes">;
