// An archive in pieces of at most so many bytes.
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export interface Piece {
  /** `cuda.tar.xz`, or of several `cuda.tar.xz.2of3`. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export function cutToSize(file: string, mostBytes: number): readonly Piece[] {
  const bytes = readFileSync(file);
  const count = Math.max(1, Math.ceil(bytes.length / mostBytes));
  const each = Math.ceil(bytes.length / count);
  return Array.from({ length: count }, (_, i) => ({
    name: count === 1 ? basename(file) : `${basename(file)}.${i + 1}of${count}`,
    bytes: bytes.subarray(i * each, (i + 1) * each),
  }));
}
