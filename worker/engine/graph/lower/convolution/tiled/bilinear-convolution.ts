// Convolutions with fewer products: tiles of the image and the filter are taken to points, multiplied there, and taken back.
//
//   x [H, W, B, C] ── image · on H and W ──▶ [p, t, q, s·B, C] ─┐
//                                                              ├─ one product [s·B, C]·[C, O] for each p, t, q ── result · ──▶ y [OH, OW, B, O]
//   w [k, k, C, O] ── filter · on k and k ─▶ [p, 1, q, C, O]  ─┘
//
// for the points p of the rows and q of the columns (each once for every phase of a stride), and tiles t and s of them.
// Everything is MatMul, the fastest thing ONNX Runtime has; strides, padding and tiling are in the small matrices.
import type { GraphBuilder } from "../../../graph-builder.ts";
import { type Geometry, leadOf, permuted } from "./geometry.ts";
import { transformAxis } from "../../axis-order/hwbc.ts";
import type { Matrix } from "./toom-cook.ts";

/** y [OH, OW, B, O] from x [H, W, B, C] and w [kh, kw, C, O]. */
export function forward(builder: GraphBuilder, g: Geometry, x: string, filter: string): string {
  const [rows, columns] = [g.rows.matrices, g.columns.matrices];
  const [image, weights] = [imageAtPoints(builder, g, x), filterAtPoints(builder, g, filter)];
  const isFirst = g.orders.forward === "filter first";
  const product = isFirst
    ? builder.node("MatMul", [swapped(builder, g, weights), swapped(builder, g, image)])
    : builder.node("MatMul", [image, weights]);
  return fromPoints(builder, g, product, {
    width: g.outChannels,
    rows: rows.result,
    columns: columns.result,
    isFilterFirst: isFirst,
  });
}

/** dx [H, W, B, C] from dy [OH, OW, B, O] and w. */
export function inputGradient(builder: GraphBuilder, g: Geometry, dy: string, filter: string): string {
  const [rows, columns] = [g.rows.matrices, g.columns.matrices];
  const [gradient, weights] = [gradientAtPoints(builder, g, dy), filterAtPoints(builder, g, filter)];
  const isFirst = g.orders.inputGradient === "filter first";
  const product = isFirst
    ? builder.node("MatMul", [weights, swapped(builder, g, gradient)])
    : builder.node("MatMul", [gradient, swapped(builder, g, weights)]);
  return fromPoints(builder, g, product, {
    width: g.channels,
    rows: rows.imageTransposed,
    columns: columns.imageTransposed,
    isFilterFirst: isFirst,
  });
}

/** dw [kh, kw, C, O] from x and dy, both at the points of the other two kernels. */
export function filterGradient(builder: GraphBuilder, g: Geometry, x: string, dy: string): string {
  const [rows, columns] = [g.rows.matrices, g.columns.matrices];
  const product = builder.node("MatMul", [
    swapped(builder, g, imageAtPoints(builder, g, x)),
    gradientAtPoints(builder, g, dy),
  ]); // [p, t, q, C, O]: sums over the columns of tiles and the batch
  const [lead, size] = [leadOf(g), g.channels * g.outChannels];
  const onTaps = isTogether(g) ? rows.filterTransposed : rows.taps;
  const onRows = transformAxis(builder, product, columns.filter.length * size, onTaps, lead);
  const onBoth = transformAxis(builder, onRows, size, columns.filterTransposed, [...lead, onTaps.length]);
  return builder.reshape(onBoth, [
    ...lead,
    onTaps.length,
    columns.filter[0].length,
    g.channels,
    g.outChannels,
  ]);
}

/** Tiles of rows share the products of their points with those of columns. */
function isTogether(g: Geometry): boolean {
  return g.rowTiles === "together" && g.rows.tiling.tiles > 1;
}

/** x at the points; the forward pass and the filter's gradient share it. */
function imageAtPoints(builder: GraphBuilder, g: Geometry, x: string): string {
  const [rows, columns] = [g.rows.matrices.image, g.columns.matrices.image];
  return toPoints(builder, g, x, {
    rows,
    columns,
    width: g.channels,
    phases: [g.rows.tiling.phases, g.columns.tiling.phases],
  });
}

/** dy at the points, the same for all phases; both gradients share it. */
function gradientAtPoints(builder: GraphBuilder, g: Geometry, dy: string): string {
  const [rows, columns] = [g.rows.matrices.gradient, g.columns.matrices.gradient];
  return toPoints(builder, g, dy, { rows, columns, width: g.outChannels, phases: [1, 1] });
}

interface Carried {
  readonly rows: Matrix;
  readonly columns: Matrix;
  /** Channels. */
  readonly width: number;
}

/** [H, W, B, width] -> [point, phase, tile, point, phase, tiles·B, width], or without the tile where the rows' are with the columns'. */
function toPoints(
  builder: GraphBuilder,
  g: Geometry,
  image: string,
  { rows, columns, width, phases }: Carried & { readonly phases: readonly [number, number] },
): string {
  const lead = leadOf(g);
  const [across, rest] = [columns[0].length, g.batch * width];
  const [{ points, tiles }, { points: columnPoints, tiles: columnTiles }] = [g.rows.tiling, g.columns.tiling];
  const onRows = transformAxis(builder, image, across * rest, rows, lead);
  if (!isTogether(g)) {
    const places = [points, phases[0], tiles, columnPoints, phases[1], columnTiles * g.batch];
    const onBoth = transformAxis(builder, onRows, rest, columns, [...lead, rows.length]);
    return builder.reshape(onBoth, [...lead, ...places, width]);
  }
  const byTile = builder.reshape(onRows, [...lead, points * phases[0], tiles, across, rest]);
  const inner = permuted(builder, g, byTile, [0, 2, 1, 3]);
  const onBoth = transformAxis(builder, inner, tiles * rest, columns, [...lead, points * phases[0]]);
  const places = [points, phases[0], columnPoints, phases[1], columnTiles * tiles * g.batch];
  return builder.reshape(onBoth, [...lead, ...places, width]);
}

/** The way back to [H, W, B, width], from products of which the last two axes are swapped where the filter came first. */
function fromPoints(
  builder: GraphBuilder,
  g: Geometry,
  product: string,
  { rows, columns, width, isFilterFirst }: Carried & { readonly isFilterFirst: boolean },
): string {
  const lead = leadOf(g);
  const [high, across, rest] = [rows.length, columns.length, g.batch * width];
  const [{ tiles }, { tiles: columnTiles }] = [g.rows.tiling, g.columns.tiling];
  const rowPoints = rows[0].length / tiles;
  const columnPoints = columns[0].length / columnTiles;
  const shape = [...lead, high, across, g.batch, width];
  if (isTogether(g)) {
    const points = isFilterFirst ? swapped(builder, g, product) : product;
    const onColumns = transformAxis(builder, points, tiles * rest, columns, [...lead, rowPoints]);
    const byTile = builder.reshape(onColumns, [...lead, rowPoints, across, tiles, rest]);
    const onBoth = transformAxis(
      builder,
      permuted(builder, g, byTile, [0, 2, 1, 3]),
      across * rest,
      rows,
      lead,
    );
    return builder.reshape(onBoth, shape);
  }
  const onRows = transformAxis(builder, product, columnPoints * columnTiles * rest, rows, lead);
  if (!isFilterFirst)
    return builder.reshape(transformAxis(builder, onRows, rest, columns, [...lead, high]), shape);
  if (columnTiles === 1) {
    const onBoth = transformAxis(builder, onRows, rest, columns, [...lead, high]);
    const apart = builder.reshape(onBoth, [...lead, high * across, width, g.batch]);
    return builder.reshape(permuted(builder, g, apart, [0, 2, 1]), shape);
  }
  const apart = builder.reshape(onRows, [...lead, high * columnPoints, width, columnTiles * g.batch]);
  const turned = permuted(builder, g, apart, [0, 2, 1]);
  return builder.reshape(transformAxis(builder, turned, rest, columns, [...lead, high]), shape);
}

/** w at the points, the same for all tiles: [point, phase, 1, point, phase, C, O]; all kernels but the filter's gradient share it. */
function filterAtPoints(builder: GraphBuilder, g: Geometry, filter: string): string {
  const lead = leadOf(g);
  const [rows, columns] = [g.rows.matrices, g.columns.matrices];
  const size = g.channels * g.outChannels;
  const onRows = transformAxis(builder, filter, g.columns.axis.taps * size, rows.filter, lead);
  const onBoth = transformAxis(builder, onRows, size, columns.filter, [...lead, rows.filter.length]);
  const rowPlaces = [g.rows.tiling.points, g.rows.tiling.phases, ...(isTogether(g) ? [] : [1])];
  const columnPlaces = [g.columns.tiling.points, g.columns.tiling.phases];
  return builder.reshape(onBoth, [...lead, ...rowPlaces, ...columnPlaces, g.channels, g.outChannels]);
}

/** The last two axes of what is at the points the other way round: MatMul takes its operands so as they are. */
function swapped(builder: GraphBuilder, g: Geometry, value: string): string {
  const places = isTogether(g) ? [0, 1, 2, 3, 5, 4] : [0, 1, 2, 3, 4, 6, 5];
  return permuted(builder, g, value, places);
}
