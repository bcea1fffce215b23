// One axis of a convolution, cut into tiles for `toom-cook.ts`: strides, padding and tiling become small matrices.
import { MOST_POINTS, type Matrix, toomCook } from "../convolution/toom-cook.ts";

/** y[o] = Σ_k x[stride·o + k - pad]·w[k], k < taps, with x zero outside 0 … inSize - 1. */
export interface Axis {
  readonly inSize: number;
  readonly outSize: number;
  readonly stride: number;
  readonly taps: number;
  readonly pad: number;
}

/**
 * The axis with its stride taken out: x is split into `stride` phases x_r[i] = x[stride·i + r - before], each met by
 * every stride-th tap, so that y is a sum of correlations with stride 1:
 *
 *   y[o] = Σ_r Σ_a x_r[o + a - pad]·w[stride·a + r - shift]          a < taps
 */
export interface Phases {
  readonly stride: number;
  /** Zeros that complete x before and after, so that it divides into phases. */
  readonly before: number;
  readonly after: number;
  /** Length of a phase. */
  readonly size: number;
  readonly taps: number;
  readonly pad: number;
  /** The given taps begin here among stride·taps. */
  readonly shift: number;
}

export function stridePhases({ inSize, stride, taps, pad }: Axis): Phases {
  const short = (stride - (pad % stride)) % stride;
  // Zero taps in front are free as long as no phase gets a longer filter; they save padding x.
  const shift = Math.ceil((taps + short) / stride) === Math.ceil(taps / stride) ? short : 0;
  const before = shift > 0 ? 0 : pad % stride;
  const size = Math.ceil((inSize + before) / stride);
  return {
    stride,
    before,
    after: size * stride - inSize - before,
    size,
    taps: Math.ceil((taps + shift) / stride),
    pad: (pad + shift - before) / stride,
    shift,
  };
}

/** `tiles` tiles of `outputs` outputs each, computed over `points` points. */
export interface Tiling {
  readonly outputs: number;
  readonly tiles: number;
  readonly points: number;
}

/** The tiling with the fewest products; of equals the one with the fewest points, which rounds best. */
export function tilingOf(size: number, taps: number): Tiling {
  const choices = Array.from({ length: Math.max(1, MOST_POINTS - taps + 1) }, (_, i): Tiling => {
    const outputs = i + 1;
    return { outputs, tiles: Math.ceil(size / outputs), points: outputs + taps - 1 };
  });
  return choices.reduce((best, next) => (products(next) < products(best) ? next : best));
}

export function products({ tiles, points }: Tiling): number {
  return tiles * points;
}

/** Matrices that carry an axis into the tiles' points and back; rows and columns of tiles are numbered (point, tile). */
export interface AxisMatrices {
  /** [points·tiles, length of source]: the source's tiles, seen from `offset` on. */
  readonly input: Matrix;
  /** [size of result, points·tiles]. */
  readonly output: Matrix;
}

/** For result[i] = Σ_a source[i + a + offset]·w[a], i < size. */
export function correlation(
  tiling: Tiling,
  { source, size, taps, offset }: { source: number; size: number; taps: number; offset: number },
): AxisMatrices {
  const { outputs, tiles, points } = tiling;
  const { input, output } = toomCook(outputs, taps);
  return {
    input: matrix(points * tiles, source, (row, column) => {
      const j = column - offset - (row % tiles) * outputs;
      return input[Math.floor(row / tiles)][j] ?? 0;
    }),
    output: matrix(size, points * tiles, (row, column) => {
      const i = row - (column % tiles) * outputs;
      return output[i]?.[Math.floor(column / tiles)] ?? 0;
    }),
  };
}

/**
 * For w[a] = Σ_o source[o + a + offset]·y[o], a < taps, o < size, with y in tiles: `tiles` [points·tiles, size] takes y
 * to the points, `sum` [taps, points·tiles] the products back, adding up all tiles.
 */
export function tapSums(tiling: Tiling, size: number, taps: number): { tiles: Matrix; sum: Matrix } {
  const { outputs, tiles, points } = tiling;
  const { taps: evaluate, output } = toomCook(taps, outputs);
  return {
    tiles: matrix(points * tiles, size, (row, column) => {
      const b = column - (row % tiles) * outputs;
      return evaluate[Math.floor(row / tiles)][b] ?? 0;
    }),
    sum: matrix(taps, points * tiles, (row, column) => output[row][Math.floor(column / tiles)]),
  };
}

/** [points·stride, taps given]: each phase's filter at the points, rows (point, phase); turned for the input's gradient. */
export function filterPoints(axis: Axis, phases: Phases, tiling: Tiling, turned: boolean): Matrix {
  const { stride, taps, shift } = phases;
  const { taps: evaluate } = toomCook(tiling.outputs, taps);
  return matrix(tiling.points * stride, axis.taps, (row, k) => {
    const phase = row % stride;
    const a = (k + shift - phase) / stride;
    return evaluate[Math.floor(row / stride)][turned ? taps - 1 - a : a] ?? 0; // other phases' taps are no index
  });
}

export function matrix(rows: number, columns: number, at: (row: number, column: number) => number): Matrix {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => at(row, column)),
  );
}
