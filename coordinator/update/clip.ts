// The mean gradient before it is applied: its norm, its layers' norms, and how clipping shortens it.
import type { Clip } from "../../shared/config/optimizer-config.ts";
import type { ContributionSection } from "./sections.ts";

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
 * Of a network, from the squares of its mean gradient's sections. A norm is NaN or infinite where a value is: nothing else
 * makes it so, as 1e9 squares of the largest float32 do not overflow a double.
 */
export function gradientNorms(
  network: string,
  sections: readonly ContributionSection[],
  squares: readonly number[],
): GradientNorms {
  let total = 0;
  const layers: Record<string, number> = {};
  for (const [i, section] of sections.entries()) {
    if (section.network !== network) continue;
    layers[section.name] = Math.sqrt(squares[i]);
    total += squares[i];
  }
  return { norm: Math.sqrt(total), layers };
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
