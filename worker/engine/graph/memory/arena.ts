// What ONNX Runtime's arena takes from the system for a row of allocations.
import type { Turn } from "./allocations.ts";

const GRAIN = 256;
const FIRST_REGION = 2 ** 20;
/** A free chunk is cut where at least as much would be left, or this. */
const MOST_WASTED = 128 * 2 ** 20;

interface Chunk {
  size: number;
  isFree: boolean;
  /** In its region, bytes. */
  readonly at: number;
}

interface Region {
  readonly chunks: Chunk[];
  /** The end of the memory that was ever handed out: pages beyond are never touched, and cost nothing. */
  touched: number;
}

/**
 * Bytes resident after `runs` runs: best fit with coalescing in regions that double (BFCArena, kNextPowerOfTwo; it
 * gives nothing back). A chunk of less than twice the size is handed out whole.
 */
export function arenaBytes(turns: readonly Turn[], runs = 2): number {
  const regions: Region[] = [];
  const held = new Map<string, { readonly region: Region; readonly chunk: Chunk }>();
  let next = FIRST_REGION;
  for (let run = 0; run < runs; run++) {
    for (const { allocates, frees } of turns) {
      for (const { block, bytes } of allocates)
        held.set(block, allocate(Math.max(1, Math.ceil(bytes / GRAIN)) * GRAIN));
      for (const block of frees) {
        const { region, chunk } = held.get(block)!;
        release(region, chunk);
      }
    }
  }
  return regions.reduce((sum, { touched }) => sum + touched, 0);

  function allocate(size: number): { readonly region: Region; readonly chunk: Chunk } {
    const found = bestFit(regions, size) ?? extend(size);
    const { region, chunk } = found;
    if (chunk.size >= 2 * size || chunk.size - size >= MOST_WASTED) {
      const rest: Chunk = { at: chunk.at + size, size: chunk.size - size, isFree: true };
      chunk.size = size;
      region.chunks.splice(region.chunks.indexOf(chunk) + 1, 0, rest);
    }
    chunk.isFree = false;
    region.touched = Math.max(region.touched, chunk.at + size);
    return found;
  }

  function extend(size: number): { readonly region: Region; readonly chunk: Chunk } {
    const doubles = size > next;
    while (size > next) next *= 2;
    const chunk: Chunk = { at: 0, size: next, isFree: true };
    if (!doubles) next *= 2;
    const region: Region = { chunks: [chunk], touched: 0 };
    regions.push(region);
    return { region, chunk };
  }
}

function bestFit(
  regions: readonly Region[],
  size: number,
): { readonly region: Region; readonly chunk: Chunk } | null {
  let best: { readonly region: Region; readonly chunk: Chunk } | null = null;
  for (const region of regions) {
    for (const chunk of region.chunks) {
      if (!chunk.isFree || chunk.size < size) continue;
      if (best === null || chunk.size < best.chunk.size) best = { region, chunk };
    }
  }
  return best;
}

function release({ chunks }: Region, chunk: Chunk): void {
  chunk.isFree = true;
  const i = chunks.indexOf(chunk);
  if (chunks[i + 1]?.isFree) chunk.size += chunks.splice(i + 1, 1)[0].size;
  if (chunks[i - 1]?.isFree) chunks[i - 1].size += chunks.splice(i, 1)[0].size;
}
