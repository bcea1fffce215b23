// A data set in memory: 8-bit images and labels that every thread reads in place.

/** `images` and `labels` lie in SharedArrayBuffers; pixel 0…255 stands for -1…1. */
export interface Dataset {
  /** What the user named: `strokes`, or the folder. */
  readonly name: string;
  /** N. */
  readonly count: number;
  /** [H, W, C]. */
  readonly imageShape: readonly [number, number, number];
  /** How many different labels occur; 0 when there are no labels. */
  readonly classes: number;
  /** The label of each class, ascending: `classes` of them. A run's classes are those of its train split. */
  readonly classLabels: readonly number[];
  /** [N, H, W, C] */
  readonly images: Uint8Array;
  /** [N], as the user's files have them, which is not by number of class; null without labels. */
  readonly labels: Labels | null;
  /** What was noticed while it was loaded and its user should know, a sentence each. */
  readonly warnings: readonly string[];
  /** SHA-256 hex over shape, images and labels: two nodes with the same fingerprint hold the same bytes. */
  readonly fingerprint: string;
}

/** Whole numbers from 0; wide only where one does not fit in a byte. */
export type Labels = Uint8Array | Int32Array;

export type Split = "train" | "test";

/** What a run's networks and length depend on. */
export type DatasetSummary = Pick<Dataset, "name" | "count" | "imageShape" | "classes" | "classLabels">;
