// What decides between ways to lower the same kernel: properties of the device, measured.

export interface Tuning {
  /**
   * `fewest products`: convolutions over tiles and points, images spatial-first. `native`: the device's own
   * convolutions, NCHW.
   */
  readonly convolution: "fewest products" | "native";
  /** What carrying one element to the points or back costs, in the time of multiply-adds inside a matrix product. */
  readonly transformCost: number;
}

/** Measured on AVX-512: 1.1 ns an element there and back, 45 multiply-adds a ns in MatMul. */
export const CPU: Tuning = { convolution: "fewest products", transformCost: 50 };

/** GPUs have fast convolutions of their own, and their programs are bound by the number of kernels. */
export const GPU: Tuning = { convolution: "native", transformCost: 50 };
