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
 * Fitted by `tests/bench/convolutions/fit.ts` on AVX-512 (Intel, 2 MB of L2 a core). One shard of a version a thread is the
 * worst case and a common one; then D convolves real and fake images by the same filters: two uses.
 */
export const CPU: TiledTuning = {
  convolution: "tiled",
  usesOfVersion: 2,
  prices: {
    cacheBytes: 2 ** 21,
    product: {
      call: 9000,
      product: 0,
      multiplyAdd: 0.0126,
      rightCopied: 0.1,
      rightTurned: 0.233,
      leftTurned: 0.432,
      result: 0.0974,
      element: 0.0534,
      leftFar: 0.19,
      rightFar: 0.171,
      resultFar: 0.0766,
    },
    transpose: { call: 1000, copied: 0.274, scattered: 0.464, far: 0.216 },
  },
};

/** GPUs have fast convolutions of their own, and their programs are bound by the number of kernels. */
export const GPU: Tuning = { convolution: "native" };
