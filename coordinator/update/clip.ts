// The mean gradient before it is applied: its norm, its layers' norms, and how clipping shortens it.
import type { Layout, Section } from "../../shared/protocol/layout.ts";
import type { Clip } from "../../shared/config/optimizer-config.ts";
import { type Pass, type VectorThreads, singleThreaded } from "./vector-threads/loops.ts";
import { type Tiles, countOf, cut } from "./vector-threads/tiles.ts";
import { sharedDoubles } from "./vector-threads/shared-memory.ts";

/** A layer's part of a flat vector. */
export interface LayerSection extends Section {
  /** `generator/03-dense`: the slots' names up to the last slash. */
  readonly name: string;
}

/** The layers of the slots whose names start with `prefix`, which the names of the layers leave out. */
export function layersOf(layout: Layout, prefix: string, network: string): LayerSection[] {
  const layers: { name: string; offset: number; length: number }[] = [];
  for (const { name: slot, offset, size } of layout.slots) {
    if (!slot.startsWith(`${prefix}${network}/`)) continue;
    const name = slot.slice(prefix.length, slot.lastIndexOf("/"));
    const last = layers.at(-1);
    if (last?.name === name) last.length += size;
    else layers.push({ name, offset, length: size });
  }
  return layers;
}

/**
 * The mean of a phase's gradients over its S shards: mean = sum · scale, with scale = 1 / S.
 *
 * The vector is never written out: a loop that reads a number of it multiplies, in double, so that the mean is rounded to
 * float32 only once, with all that is done to it.
 */
export interface Mean {
  /** [P of the contribution], over all shards. */
  readonly sum: Float32Array;
  readonly scale: number;
}

/** sum / S. */
export function meanOf(sum: Float32Array, shards: number): Mean {
  return { sum, scale: 1 / shards };
}

/** L2 norms of a network's mean gradient. */
export interface GradientNorms {
  /** Over all layers. */
  readonly norm: number;
  /** By layer. */
  readonly layers: Readonly<Record<string, number>>;
}

/**
 * Measures the mean gradient of layers whose sections follow each other. A norm is NaN or infinite where a value is:
 * nothing else makes it so, as 1e9 squares of the largest float32 do not overflow a double.
 */
export class GradientMeter {
  readonly #layers: readonly { readonly name: string; readonly tiles: number }[];
  readonly #tiles: Tiles;
  readonly #sums: Float64Array;
  readonly #threads: VectorThreads;

  constructor(layers: readonly LayerSection[], threads: VectorThreads = singleThreaded) {
    this.#layers = layers.map((layer) => ({ name: layer.name, tiles: countOf(cut([layer])) }));
    this.#tiles = cut(layers);
    this.#sums = sharedDoubles(countOf(this.#tiles));
    this.#threads = threads;
  }

  normsOf(mean: Mean): GradientNorms {
    this.#threads.run([this.pass(mean)]);
    return this.norms();
  }

  /** Measures, once it is run: with those of other networks, in one go. */
  pass({ sum, scale }: Mean): Pass {
    return {
      loops: [{ kind: "squares", vector: sum, scale, sums: this.#sums }],
      tiles: this.#tiles,
    };
  }

  /** What the pass has found. */
  norms(): GradientNorms {
    const sums = this.#sums;
    let total = 0;
    let tile = 0;
    const norms: Record<string, number> = {};
    for (const { name, tiles } of this.#layers) {
      let squares = 0;
      for (const end = tile + tiles; tile < end; tile++) squares += sums[tile];
      norms[name] = Math.sqrt(squares);
      total += squares;
    }
    return { norm: Math.sqrt(total), layers: norms };
  }
}

export interface Clipping {
  /** The mean gradient is multiplied by this: at most 1. */
  readonly factor: number;
  /** Of every number of it. */
  readonly bound: number;
  /** Whether what is left can be applied: finite, and its square no overflow of a float32 moment. */
  readonly applicable: boolean;
}

/**
 * How a network's mean gradient of this norm is clipped. By norm (Pascanu et al. 2013), over all layers of the network
 * together: factor = min(1, clip / norm). By value: every number to ± bound.
 */
export function clipping(clip: Clip, norm: number): Clipping {
  if (!Number.isFinite(norm)) return { factor: 1, bound: Number.POSITIVE_INFINITY, applicable: false };
  switch (clip.kind) {
    case "none":
      return { factor: 1, bound: Number.POSITIVE_INFINITY, applicable: norm <= LARGEST_NORM };
    case "norm": {
      const factor = norm > clip.norm ? clip.norm / norm : 1;
      return { factor, bound: Number.POSITIVE_INFINITY, applicable: norm * factor <= LARGEST_NORM };
    }
    case "value":
      return { factor: 1, bound: clip.value, applicable: Math.min(norm, clip.value) <= LARGEST_NORM };
    default:
      return clip satisfies never;
  }
}

/** √ of the largest float32. */
const LARGEST_NORM = Math.sqrt(3.4028234663852886e38);
