// A data set as it is used: 8-bit images and labels that every thread reads in place.
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Images } from "./images.ts";
import { type Labels, classLabelsOf } from "./labels.ts";

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
  /** The name of each class, in the order of `classLabels`; null where classes have none. */
  readonly classNames: readonly string[] | null;
  /** [N, H, W, C] */
  readonly images: Images;
  /** [N], as the user's files have them, which is not by number of class; null without labels. In shared memory. */
  readonly labels: Labels | null;
  /** What was noticed while it was loaded and its user should know, a sentence each. */
  readonly warnings: readonly string[];
  /** SHA-256 hex over shape, images and labels: two nodes with the same fingerprint hold the same bytes. */
  readonly fingerprint: string;
}

export type Split = "train" | "test";

/** What a run's networks and length depend on. */
export type DatasetSummary = Pick<
  Dataset,
  "name" | "count" | "imageShape" | "classes" | "classLabels" | "classNames"
>;

/** What is given; the rest follows from it. */
export type DatasetContent = Omit<Dataset, "classes" | "classLabels" | "fingerprint">;

/** Counts the classes and takes the fingerprint, a piece at a time so that the event loop turns. */
export async function createDataset(content: DatasetContent): Promise<Dataset> {
  return completeDataset(content, await fingerprintOf(content));
}

/** Counts the classes of a data set whose fingerprint is known. */
export function completeDataset(content: DatasetContent, fingerprint: string): Dataset {
  const classLabels = classLabelsOf(content.labels);
  return { ...content, classes: classLabels.length, classLabels, fingerprint };
}

async function fingerprintOf({ count, imageShape, images, labels }: DatasetContent): Promise<string> {
  const hash = createHash("sha256");
  hash.update(JSON.stringify({ count, imageShape, labelled: labels !== null }));
  const length = imageShape.reduce((product, dimension) => product * dimension, count);
  for await (const piece of imagePieces(images, length)) hash.update(piece);
  if (labels) hash.update(labels);
  return hash.digest("hex");
}

/**
 * Pixels `from … length - 1`, in pieces that are valid until the next one is taken; the event loop turns between them.
 */
export async function* imagePieces(
  images: Images,
  length: number,
  from = 0,
): AsyncGenerator<Uint8Array, void> {
  switch (images.kind) {
    case "memory":
      for (let at = from; at < length; at += PIECE_BYTES) {
        yield images.bytes.subarray(at, Math.min(length, at + PIECE_BYTES));
        await nextTurn();
      }
      return;
    case "file": {
      const handle = await open(images.file, "r");
      const buffer = Buffer.allocUnsafe(PIECE_BYTES);
      try {
        for (let at = from; at < length;) {
          const wanted = Math.min(PIECE_BYTES, length - at);
          const { bytesRead } = await handle.read(buffer, 0, wanted, images.offset + at);
          if (bytesRead === 0) return; // who counts the bytes sees that some are missing
          yield buffer.subarray(0, bytesRead);
          at += bytesRead;
        }
      } finally {
        await handle.close();
      }
      return;
    }
    default:
      images satisfies never;
  }
}

/** Some milliseconds of hashing. */
const PIECE_BYTES = 4 * 2 ** 20;
