// The filter of a convolution that does a resampling's work as well.
import type { ProgramEditor } from "./program-editor.ts";

/** Taps of an axis: `taps` before, `taps + factor - 1` after. */
export interface Stretch {
  readonly taps: number;
  readonly factor: number;
  /** What each pixel of a block counts. */
  readonly weight: number;
  /** The last tap first: what is convolved the other way round. */
  readonly isFlipped: boolean;
}

/** [taps + factor - 1, taps]: W[j] = weight · Σ_d w[j - d], 0 ≤ d < factor. */
function matrixOf({ taps, factor, weight, isFlipped }: Stretch): number[][] {
  return Array.from({ length: taps + factor - 1 }, (_, to) =>
    Array.from({ length: taps }, (__, at) => {
      const offset = to - (isFlipped ? taps - 1 - at : at);
      return offset >= 0 && offset < factor ? weight : 0;
    }),
  );
}

export interface Stretches {
  readonly rows: Stretch;
  readonly columns: Stretch;
  /** The image's channels become the result's. */
  readonly isTurned: boolean;
}

/** [k, l, C, O] -> [k + s - 1, l + t - 1, C, O], or [.., O, C] turned. */
export function stretched(editor: ProgramEditor, filter: number, by: Stretches, origin: string): number {
  const [, , channels, outChannels] = editor.shapeOf(filter);
  const wide = onBothAxes(editor, filter, [matrixOf(by.rows), matrixOf(by.columns)], origin);
  return by.isTurned ? turned(editor, wide, [channels, outChannels], origin) : wide;
}

/** The transpose of `stretched`, which gradients take: [k + s - 1, l + t - 1, ..] -> [k, l, C, O], as the value `output`. */
export function shrunk(
  editor: ProgramEditor,
  gradient: number,
  by: Stretches,
  origin: string,
  output: number,
): void {
  const [, , channels, outChannels] = editor.shapeOf(gradient);
  const inOrder = by.isTurned ? turned(editor, gradient, [channels, outChannels], origin) : gradient;
  onBothAxes(
    editor,
    inOrder,
    [transposed(matrixOf(by.rows)), transposed(matrixOf(by.columns))],
    origin,
    output,
  );
}

/** rows · filter · columnsᵀ for each pair of channels. */
function onBothAxes(
  editor: ProgramEditor,
  filter: number,
  [rows, columns]: readonly [number[][], number[][]],
  origin: string,
  output?: number,
): number {
  const [high, across, channels, outChannels] = editor.shapeOf(filter);
  const size = channels * outChannels;
  const multiplied = (matrix: number[][], by: number, rest: number, groups: number): number => {
    const constant = editor.constant([1, matrix.length, matrix[0].length], Float32Array.from(matrix.flat()));
    const attributes = { transposeA: false, transposeB: false };
    const shape = [groups, matrix.length, rest];
    return editor.call("BatchMatMul", { a: constant, b: by }, attributes, { origin, shape });
  };
  const reshaped = (x: number, shape: readonly number[], as?: number): number =>
    editor.call("Reshape", { x }, { shape }, { origin, shape, ...(as !== undefined && { output: as }) });
  const onRows = multiplied(rows, reshaped(filter, [1, high, across * size]), across * size, 1);
  const byRow = reshaped(onRows, [rows.length, across, size]);
  const onBoth = multiplied(columns, byRow, size, rows.length);
  return reshaped(onBoth, [rows.length, columns.length, channels, outChannels], output);
}

function turned(
  editor: ProgramEditor,
  filter: number,
  [channels, outChannels]: readonly [number, number],
  origin: string,
): number {
  const [high, across] = editor.shapeOf(filter);
  const shape = [high, across, outChannels, channels];
  return editor.call("Transpose", { x: filter }, { perm: [0, 1, 3, 2] }, { origin, shape });
}

function transposed(matrix: readonly (readonly number[])[]): number[][] {
  return matrix[0].map((_, column) => matrix.map((row) => row[column]));
}
