// A data set in memory: 8-bit images and labels that every thread reads in place.
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Labels, classLabelsOf } from "./labels.ts";

/** `images` and `labels` lie in SharedArrayBuffers; pixel 0…255 stands for -1…1. */
export interface Dataset {
  /** What the user named: a built-in data set, or a path. */
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

export type Split = "train" | "test";

/** What a run's networks and length depend on. */
export type DatasetSummary = Pick<Dataset, "name" | "count" | "imageShape" | "classes" | "classLabels">;

/** What a format reads; the rest follows from it. */
export type DatasetContent = Omit<Dataset, "classes" | "classLabels" | "fingerprint">;

/** Counts the classes and takes the fingerprint, a piece at a time so that the event loop turns. */
export async function createDataset(content: DatasetContent): Promise<Dataset> {
  const { count, imageShape, images, labels } = content;
  const classLabels = classLabelsOf(labels);
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ count, imageShape, labelled: labels !== null }));
  for (let at = 0; at < images.length; at += HASH_PIECE_BYTES) {
    hash.update(images.subarray(at, at + HASH_PIECE_BYTES));
    await nextTurn();
  }
  if (labels) hash.update(labels);
  return { ...content, classes: classLabels.length, classLabels, fingerprint: hash.digest("hex") };
}

/** Some milliseconds of hashing. */
const HASH_PIECE_BYTES = 8 * 2 ** 20;
