// How much memory the images of a data set may take in a process; larger sets stay in their file.
import { totalmem } from "node:os";

/** A quarter of what the machine has, or of what its container may use: bytes. */
export function usualDataMemory(): number {
  const bound = process.constrainedMemory(); // 0, or more than there is, where there is none
  return Math.floor((bound > 0 ? Math.min(bound, totalmem()) : totalmem()) / 4);
}
