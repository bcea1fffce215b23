// What decides between ways to lower the same kernel: properties of the device, measured.
import type { Prices } from "./tiled/price.ts";

/** Convolutions over tiles and points, images in HWBC order, cut as is cheapest. */
export interface TiledTuning {
  readonly convolution: "tiled";
  readonly prices: Prices;
  /**
   * Among how many uses the work is divided that depends on the weights alone (a filter at the points): calls of the
   * same kernel in one program, times the shards that a thread computes of one version of the weights.
   */
  readonly usesOfVersion: number;
}

export type Tuning =
  | TiledTuning
  /** The device's own convolutions, NCHW. */
  | { readonly convolution: "native" };

/**
 * Fitted by `tests/bench/convolutions/fit.ts` on AVX-512 (Intel, 2 MB of L2 a core): half of all calls cost what they are
 * priced at within 16 %, nine of ten within 38 %. One shard of a version a thread is the
 * worst case and a common one; then D convolves real and fake images by the same filters: two uses.
 */
export const CPU: TiledTuning = {
  convolution: "tiled",
  usesOfVersion: 2,
  prices: {
    cacheBytes: 2 ** 21,
    product: {
      call: 10_600,
      product: 0,
      multiplyAdd: 0.0134,
      rightCopied: 0.119,
      rightTurned: 0.24,
      leftTurned: 0.476,
      result: 0.113,
      element: 0.0191,
      leftFar: 0.254,
      rightFar: 0.215,
      resultFar: 0.097,
    },
    transpose: { call: 4200, copied: 0.259, scattered: 0.44, far: 0.235 },
  },
};

/** GPUs have fast convolutions of their own, and their programs are bound by the number of kernels. */
export const GPU: Tuning = { convolution: "native" };
