// Convolutions with fewer products: tiles of the image and the filter are taken to points, multiplied there, and taken back.
//
//   x [H, W, B, C] ── matrices on H and W ──▶ points·tiles [u, t, v, s, B, C] ─┐
//                                                                             ├─ one product [s·B, C]·[C, O] for each u, t, v ─▶ back to [H, W, B, O]
//   w [k, k, C, O] ── matrices on k and k ──▶ points       [u, v, C, O]     ───┘
//
// Everything is MatMul, the fastest thing ONNX Runtime has; strides, padding and tiling are in the small matrices.
import type { GraphBuilder } from "../../graph-builder.ts";
import { type Tiling, correlation, filterPoints, tapSums, tilingOf } from "./axis.ts";
import {
  type Direction,
  type Geometry,
  cropped,
  leadOf,
  permuted,
  splitPhases,
  weavePhases,
} from "./geometry.ts";
import { transformAxes } from "../axis-order/hwbc.ts";

/** y [OH, OW, B, O] from x [H, W, B, C] and w [kh, kw, C, O]. */
export function forward(builder: GraphBuilder, g: Geometry, x: string, filter: string): string {
  const [rows, columns] = [outputTiling(g.rows), outputTiling(g.columns)];
  const product = builder.node("MatMul", [
    imageAtPoints(builder, g, x),
    filterAtPoints(builder, g, filter, { rows, columns, turned: false }),
  ]);
  const lead = leadOf(g);
  const shaped = builder.reshape(product, [
    ...lead,
    rows.points * rows.tiles,
    columns.points * columns.tiles,
    g.batch * g.outChannels,
  ]);
  const y = transformAxes(
    builder,
    shaped,
    g.batch * g.outChannels,
    imageMatrices(g.rows, rows).output,
    imageMatrices(g.columns, columns).output,
    lead,
  );
  return builder.reshape(y, [...lead, g.rows.axis.outSize, g.columns.axis.outSize, g.batch, g.outChannels]);
}

/** dx [H, W, B, C] from dy [OH, OW, B, O] and w: with a stride the phases of dx are computed side by side, then woven. */
export function inputGradient(builder: GraphBuilder, g: Geometry, dy: string, filter: string): string {
  const tiling = ({ phases }: Direction): Tiling => tilingOf(phases.size, phases.taps);
  const [rows, columns] = [tiling(g.rows), tiling(g.columns)];
  const matrices = ({ axis, phases }: Direction, by: Tiling): ReturnType<typeof correlation> =>
    correlation(by, {
      source: axis.outSize,
      size: phases.size,
      taps: phases.taps,
      offset: phases.pad - (phases.taps - 1),
    });
  const [onRows, onColumns] = [matrices(g.rows, rows), matrices(g.columns, columns)];
  const lead = leadOf(g);
  const points = transformAxes(builder, dy, g.batch * g.outChannels, onRows.input, onColumns.input, lead);
  const product = builder.node("MatMul", [
    tiled(builder, g, points, { rows, columns, width: g.outChannels }),
    filterAtPoints(builder, g, filter, { rows, columns, turned: true }),
  ]);
  const wide = g.batch * g.phases * g.channels;
  const places = [rows.points * rows.tiles, columns.points * columns.tiles];
  const shaped = builder.reshape(product, [...lead, ...places, wide]);
  const dx = transformAxes(builder, shaped, wide, onRows.output, onColumns.output, lead);
  return weavePhases(builder, g, dx);
}

/** dw [kh, kw, C, O] from x and dy; x at the points is what `forward` needs too. */
export function filterGradient(builder: GraphBuilder, g: Geometry, x: string, dy: string): string {
  const [rows, columns] = [outputTiling(g.rows), outputTiling(g.columns)];
  const onRows = tapSums(rows, g.rows.axis.outSize, g.rows.phases.taps);
  const onColumns = tapSums(columns, g.columns.axis.outSize, g.columns.phases.taps);
  const lead = leadOf(g);
  const gradient = transformAxes(builder, dy, g.batch * g.outChannels, onRows.tiles, onColumns.tiles, lead);
  // Sums over the columns of tiles and the batch here, over the rows of tiles in the last transform.
  const product = builder.node("MatMul", [
    permuted(builder, g, imageAtPoints(builder, g, x), [0, 1, 2, 4, 3]),
    tiled(builder, g, gradient, { rows, columns, width: g.outChannels }),
  ]); // [u, t, v, phases·C, O]
  const [taps, size] = [[g.rows.phases.taps, g.columns.phases.taps], g.phases * g.channels * g.outChannels];
  const sums = transformAxes(
    builder,
    builder.reshape(product, [...lead, rows.points * rows.tiles, columns.points, size]),
    size,
    onRows.sum,
    // Their tiles are summed up already.
    tapSums({ ...columns, tiles: 1 }, g.columns.axis.outSize, g.columns.phases.taps).sum,
    lead,
  );
  const strides = [g.rows.axis.stride, g.columns.axis.stride];
  const woven = builder.reshape(
    permuted(
      builder,
      g,
      builder.reshape(sums, [...lead, ...taps, ...strides, g.channels, g.outChannels]),
      [0, 2, 1, 3, 4, 5],
    ),
    [...lead, taps[0] * strides[0], taps[1] * strides[1], g.channels, g.outChannels],
  );
  const axes = [
    { from: g.rows.phases.shift, size: g.rows.axis.taps, of: taps[0] * strides[0] },
    { from: g.columns.phases.shift, size: g.columns.axis.taps, of: taps[1] * strides[1] },
  ];
  return cropped(builder, woven, axes, lead.length);
}

/** Tiles over the places of y; x at their points serves the forward pass and the filter's gradient. */
export function outputTiling({ axis, phases }: Direction): Tiling {
  return tilingOf(axis.outSize, phases.taps);
}

function imageMatrices({ axis, phases }: Direction, tiling: Tiling): ReturnType<typeof correlation> {
  return correlation(tiling, {
    source: phases.size,
    size: axis.outSize,
    taps: phases.taps,
    offset: -phases.pad,
  });
}

/** x at the points: [u, t, v, s·B, phases·C] for points u, v and tiles t, s of rows and columns. */
function imageAtPoints(builder: GraphBuilder, g: Geometry, x: string): string {
  const [rows, columns] = [outputTiling(g.rows), outputTiling(g.columns)];
  const width = g.phases * g.channels;
  const points = transformAxes(
    builder,
    splitPhases(builder, g, x),
    g.batch * width,
    imageMatrices(g.rows, rows).input,
    imageMatrices(g.columns, columns).input,
    leadOf(g),
  );
  return tiled(builder, g, points, { rows, columns, width });
}

function tiled(
  builder: GraphBuilder,
  g: Geometry,
  points: string,
  { rows, columns, width }: { readonly rows: Tiling; readonly columns: Tiling; readonly width: number },
): string {
  const places = [rows.points, rows.tiles, columns.points, columns.tiles * g.batch];
  return builder.reshape(points, [...leadOf(g), ...places, width]);
}

interface FilterForm {
  readonly rows: Tiling;
  readonly columns: Tiling;
  /** For the input's gradient: turned by 180°, from O to phases·C channels. */
  readonly turned: boolean;
}

/** w at the points, the same for all tiles: [u, 1, v, phases·C, O], or turned [u, 1, v, O, phases·C]. */
function filterAtPoints(
  builder: GraphBuilder,
  g: Geometry,
  filter: string,
  { rows, columns, turned }: FilterForm,
): string {
  const [from, to] = turned ? [g.outChannels, g.channels] : [g.channels, g.outChannels];
  const points = transformAxes(
    builder,
    turned ? permuted(builder, g, filter, [0, 1, 3, 2]) : filter,
    from * to,
    filterPoints(g.rows.axis, g.rows.phases, rows, turned),
    filterPoints(g.columns.axis, g.columns.phases, columns, turned),
    leadOf(g),
  );
  const shape = [
    ...leadOf(g),
    rows.points,
    g.rows.axis.stride,
    columns.points,
    g.columns.axis.stride,
    from,
    to,
  ];
  const order = turned ? [0, 2, 4, 1, 3, 5] : [0, 2, 1, 3, 4, 5];
  const ordered = g.phases === 1 ? points : permuted(builder, g, builder.reshape(points, shape), order);
  const inner = turned ? [from, g.phases * to] : [g.phases * from, to];
  return builder.reshape(ordered, [...leadOf(g), rows.points, 1, columns.points, ...inner]);
}
