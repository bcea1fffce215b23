// Max pooling over windows that neither overlap nor pad, on images held [H, W, B, C]: between convolutions nothing is moved.
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import { ONNX_TYPE } from "../../onnx.ts";

type Pool = backend_util.Conv2DInfo;

/** Each place of the window costs a pass forward and four back; ONNX Runtime's own pooling passes once over all. */
const MOST_PLACES = 9;

/** The windows are small and lie side by side, so that each element is in one of them or in none. */
export function isTiled({ padInfo, ...pool }: Pool): boolean {
  return (
    pool.filterHeight * pool.filterWidth <= MOST_PLACES &&
    padInfo.top + padInfo.left + padInfo.bottom + padInfo.right === 0 &&
    pool.dilationHeight === 1 &&
    pool.dilationWidth === 1 &&
    pool.strideHeight === pool.filterHeight &&
    pool.strideWidth === pool.filterWidth
  );
}

/** y [OH, OW, B, C] from x [H, W, B, C]. */
export function tiledMaximum(builder: GraphBuilder, pool: Pool, x: string): string {
  return builder.node("Max", placesOf(builder, pool, x).flat());
}

/**
 * dx [H, W, B, C]: each dy goes to the first place of its window that holds the maximum, row by row, as in tfjs.
 * `free` is 1 until that place is found: then 0, so that equals after it get nothing.
 */
export function tiledMaximumGradient(builder: GraphBuilder, pool: Pool, x: string, dy: string): string {
  const maximum = tiledMaximum(builder, pool, x);
  let free: string | null = null;
  const rows = placesOf(builder, pool, x).map((row) => {
    const gradients = row.map((place) => {
      const held = builder.node("Cast", [builder.node("Equal", [place, maximum])], { to: ONNX_TYPE.float32 });
      const first: string = free === null ? held : builder.node("Mul", [held, free]);
      free = builder.node("Sub", [free ?? builder.scalar(1), first]);
      return builder.reshape(builder.node("Mul", [dy, first]), [
        pool.outHeight,
        1,
        pool.outWidth,
        1,
        pool.batchSize * pool.inChannels,
      ]);
    });
    return joined(builder, gradients, 3);
  });
  const [height, width] = coveredBy(pool);
  const covered = builder.reshape(joined(builder, rows, 1), [height, width, pool.batchSize, pool.inChannels]);
  const rest = [pool.inHeight - height, pool.inWidth - width];
  if (rest[0] + rest[1] === 0) return covered;
  return builder.node("Pad", [covered, builder.ints([0, 0, 0, 0, ...rest, 0, 0])]);
}

/** For each row i and column j of the window what all windows hold there: [OH, OW, B, C]. */
function placesOf(builder: GraphBuilder, pool: Pool, x: string): string[][] {
  const { outHeight, outWidth, filterHeight, filterWidth, batchSize, inChannels } = pool;
  const [height, width] = coveredBy(pool);
  const isWhole = height === pool.inHeight && width === pool.inWidth;
  const covered = isWhole ? x : builder.slice(x, [0, 1], [0, 0], [height, width], [1, 1]);
  const windows = builder.reshape(covered, [
    outHeight,
    filterHeight,
    outWidth,
    filterWidth,
    batchSize * inChannels,
  ]);
  return Array.from({ length: filterHeight }, (_row, i) =>
    Array.from({ length: filterWidth }, (_column, j) =>
      builder.reshape(builder.slice(windows, [1, 3], [i, j], [i + 1, j + 1], [1, 1]), [
        outHeight,
        outWidth,
        batchSize,
        inChannels,
      ]),
    ),
  );
}

function joined(builder: GraphBuilder, parts: readonly string[], axis: number): string {
  return parts.length === 1 ? parts[0] : builder.node("Concat", parts, { axis });
}

/** Rows and columns that lie in a window. */
function coveredBy({ outHeight, outWidth, filterHeight, filterWidth }: Pool): readonly [number, number] {
  return [outHeight * filterHeight, outWidth * filterWidth];
}
