// The fingerprint of a data set, taken piece by piece.
import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";

/**
 * Starts the SHA-256 of a data set: over count, shape and whether there are labels, as JSON. Then `update` it
 * with the images [N, H, W, C], in pieces of any size, and with the labels [N]; `digest("hex")` is the fingerprint.
 */
export function startFingerprint(
  count: number,
  imageShape: readonly [number, number, number],
  labelled: boolean,
): Hash {
  return createHash("sha256").update(JSON.stringify({ count, imageShape, labelled }));
}
