// How much memory a machine has, and how much of it the images of a data set may take; larger sets stay in their file.
import { totalmem } from "node:os";

/** What the machine has, or what its container may use: bytes. */
export function machineMemory(): number {
  const bound = process.constrainedMemory(); // 0, or more than there is, where there is none
  return bound > 0 ? Math.min(bound, totalmem()) : totalmem();
}

/** A quarter of it, bytes. */
export function usualDataMemory(): number {
  return Math.floor(machineMemory() / 4);
}

/** `0.85 GB`, `12 GB` */
export function gigabytes(bytes: number): string {
  const number = bytes / 1e9;
  return `${number >= 10 ? Math.round(number).toLocaleString("en-US") : number.toPrecision(2)} GB`;
}
