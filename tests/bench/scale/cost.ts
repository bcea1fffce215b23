// What a row of the table takes of a machine, roughly: whether it can be held, and when to give it up.
import type { Setting } from "./settings.ts";

/** Slower than any row was on two cores, also with others' work beside it. */
const LEAST_BYTES_A_SECOND = 1e8;
/** Starting processes and compiling the run. */
const START_MS = 60_000;
/** As many as are run where they are long: two of warm-up and two that count; one more for what is sent again. */
const ROUNDS = 5;

/**
 * All of its processes' memory, in bytes, in vectors of the network's size. In process each node lends its gradient.
 * Over sockets a node holds weights on their way in, whole and in pieces, the coordinator a gradient in the same
 * way; what does not grow with nodes is weights, optimizer, sums and frames.
 */
export function memoryOf({ transport, nodes, parameters }: Setting): number {
  const vectors = transport === "memory" ? nodes + 8 : 4 * nodes + 12;
  return 4 * parameters * vectors;
}

/** Why a machine with so much free memory does not start a row; null where it does. */
export function lacking(setting: Setting, freeBytes: number): string | null {
  const neededBytes = memoryOf(setting);
  const gigabytes = (size: number): string => `${(size / 1e9).toFixed(1)} GB`;
  return neededBytes < freeBytes
    ? null
    : `needs ${gigabytes(neededBytes)} of memory, ${gigabytes(freeBytes)} are free`;
}

/** How long a row may take, in milliseconds: to begin, to give weights to all nodes, and for its rounds. */
export function limitOf({ nodes, parameters }: Setting, seconds: number): number {
  const bytes = 4 * parameters * nodes * (1 + 2 * ROUNDS);
  return START_MS + 1000 * (2 * seconds + bytes / LEAST_BYTES_A_SECOND);
}
