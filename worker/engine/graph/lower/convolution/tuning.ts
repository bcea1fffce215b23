// What decides between ways to lower the same kernel: properties of the device, measured.

export interface Tuning {
  /**
   * `fewest products`: convolutions over tiles and points, images in HWBC order. `native`: the device's own
   * convolutions, NCHW.
   */
  readonly convolution: "fewest products" | "native";
  /** What carrying one element to the points or back costs, in the time of multiply-adds inside a matrix product. */
  readonly transformCost: number;
}

/**
 * Measured on AVX-512: 1.1 ns an element there and back, 45 multiply-adds a ns in MatMul. Less than their product,
 * because the direct convolutions copy too: with 20, not 50, shards of 16 are 1.1 (seed-gan) to 1.4 times (digits, mnist)
 * as fast, and shards of 64 go the same ways.
 */
export const CPU: Tuning = { convolution: "fewest products", transformCost: 20 };

/** GPUs have fast convolutions of their own, and their programs are bound by the number of kernels. */
export const GPU: Tuning = { convolution: "native", transformCost: 50 };
