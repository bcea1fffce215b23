// One axis of a convolution, cut into tiles for `toom-cook.ts`: strides, padding and tiling become small matrices.
import { MOST_POINTS, type Matrix, type ToomCook, toomCook, transpose } from "./toom-cook.ts";

/** y[o] = Σ_k x[stride·o + k - pad]·w[k], k < taps, with x zero outside 0 … inSize - 1. */
export interface Axis {
  readonly inSize: number;
  readonly outSize: number;
  readonly stride: number;
  readonly taps: number;
  readonly pad: number;
}

/**
 * A stride splits x and w into phases, so that y is a sum of correlations of stride 1, phase r with every stride-th tap from
 * tap r on:
 *
 *   y[o] = Σ_r Σ_a x[stride·(o + a) + r - pad]·w[stride·a + r]          r < phases, a < taps of phase r
 *
 * There are as many phases as the stride, as far as each has a tap.
 */
function tapsOfPhases({ taps, stride }: Axis): number[] {
  return Array.from({ length: Math.min(taps, stride) }, (_, phase) => Math.ceil((taps - phase) / stride));
}

/** `tiles` tiles of `outputs` outputs each, computed over `points` points of each of `phases` phases. */
export interface Tiling {
  readonly outputs: number;
  readonly tiles: number;
  /** Phases of the same number of taps have the same points. If theirs differ, all of their points are one phase's here. */
  readonly points: number;
  readonly phases: number;
}

/**
 * All tilings of an axis that are worth a thought, from the smallest tiles to the largest: the fewest products are at one
 * end, the fewest points at the other. None where a phase has more taps than there are points.
 */
export function tilingsOf(axis: Axis): Tiling[] {
  const taps = tapsOfPhases(axis);
  const found: Tiling[] = [];
  for (let outputs = 1; outputs + taps[0] - 1 <= MOST_POINTS; outputs++) {
    const points = taps.map((own) => outputs + own - 1);
    const isEven = points.every((own) => own === points[0]);
    const next = {
      outputs,
      tiles: Math.ceil(axis.outSize / outputs),
      points: isEven ? points[0] : points.reduce((sum, own) => sum + own, 0),
      phases: isEven ? points.length : 1,
    };
    if (found.length === 0 || products(next) < products(found.at(-1)!)) found.push(next);
  }
  return found;
}

export function products({ tiles, points, phases }: Tiling): number {
  return tiles * points * phases;
}

/**
 * The matrices of an axis over its tiles' points. What is at the points is numbered (point, phase, tile): one phase's
 * operands are then near when the next one's products need them again.
 *
 * Every kernel of a convolution reads the same sum of products another way:
 *
 *   y = result · ((filter · w) ⊙ (image · x))       and its gradients by x and w:
 *   dx = imageᵀ · ((filter · w) ⊙ (resultᵀ · dy))    dw = filterᵀ · ((image · x) ⊙ (resultᵀ · dy))
 */
export interface AxisMatrices {
  /** [points·phases·tiles, inSize] */
  readonly image: Matrix;
  readonly imageTransposed: Matrix;
  /** [points·phases, taps] */
  readonly filter: Matrix;
  readonly filterTransposed: Matrix;
  /** The filter's, transposed, that sums over the tiles: [taps, points·phases·tiles]. */
  readonly taps: Matrix;
  /** Sums over the phases: [outSize, points·phases·tiles]. */
  readonly result: Matrix;
  /** The result's, transposed, which is the same for each phase: [points·tiles, outSize]. */
  readonly gradient: Matrix;
}

export function axisMatrices(axis: Axis, { outputs, tiles, points, phases }: Tiling): AxisMatrices {
  const { inSize, outSize, stride, taps, pad } = axis;
  const places = placesOf(axis, outputs);
  const ofGradient = phases === 1 ? places : places.filter(({ phase }) => phase === 0);
  const ofTap = (tap: number, { toom, phase, point }: Place): number =>
    at(toom.taps[point], (tap - phase) / stride);
  const ofOutput = (output: number, { toom, point }: Place, tile: number): number => {
    const own = output - tile * outputs;
    return own >= 0 && own < outputs ? toom.output[own][point] : 0;
  };
  const columns = points * phases * tiles;
  const image = matrix(columns, inSize, (row, i) => {
    const { toom, phase, point } = places[Math.floor(row / tiles)];
    return at(toom.input[point], (i + pad - phase) / stride - (row % tiles) * outputs);
  });
  const filter = matrix(points * phases, taps, (row, tap) => ofTap(tap, places[row]));
  return {
    image,
    imageTransposed: transpose(image),
    filter,
    filterTransposed: transpose(filter),
    taps: matrix(taps, columns, (tap, column) => ofTap(tap, places[Math.floor(column / tiles)])),
    result: matrix(outSize, columns, (output, column) =>
      ofOutput(output, places[Math.floor(column / tiles)], column % tiles),
    ),
    gradient: matrix(points * tiles, outSize, (row, output) =>
      ofOutput(output, ofGradient[Math.floor(row / tiles)], row % tiles),
    ),
  };
}

/** What lies in another phase or tile has no index here. */
function at(row: readonly number[], index: number): number {
  return Number.isInteger(index) && index >= 0 && index < row.length ? row[index] : 0;
}

/** A point of a phase. */
interface Place {
  readonly toom: ToomCook;
  readonly phase: number;
  readonly point: number;
}

/** In the order of (point, phase); where phases have more points than others, those come last. */
function placesOf(axis: Axis, outputs: number): Place[] {
  return tapsOfPhases(axis)
    .flatMap((own, phase) => {
      const toom = toomCook(outputs, own);
      return toom.taps.map((_, point) => ({ toom, phase, point }));
    })
    .sort((a, b) => a.point - b.point || a.phase - b.phase);
}

export function matrix(
  rows: number,
  columns: number,
  element: (row: number, column: number) => number,
): Matrix {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (__, column) => element(row, column)),
  );
}
