// Memory of data sets, which every thread of a process reads in place.
import type { Labels } from "./labels.ts";

export function sharedBytes(length: number): Uint8Array {
  return new Uint8Array(new SharedArrayBuffer(length));
}

/** Whole numbers from 0: as bytes where all fit, so that equal labels have equal fingerprints whatever a file's width. */
export function sharedLabels(values: readonly number[]): Labels {
  const fitBytes = values.every((value) => value <= 255);
  const labels = fitBytes
    ? sharedBytes(values.length)
    : new Int32Array(new SharedArrayBuffer(values.length * Int32Array.BYTES_PER_ELEMENT));
  labels.set(values);
  return labels;
}
