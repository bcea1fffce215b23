// Means over windows, repeated pixels and their sums: a small matrix for each axis of images held [H, W, B, C].
import type { backend_util } from "@tensorflow/tfjs-core";
import type { GraphBuilder } from "../../graph-builder.ts";
import { REPEAT_PIXELS, SUM_PIXELS } from "../../rewrite/pixel-blocks.ts";
import { transformAxes } from "../axis-order/hwbc.ts";
import { matrix } from "../convolution/tiled/axis.ts";
import type { Matrix } from "../convolution/tiled/toom-cook.ts";
import type { Hwbc, ImageLowering, ImageOperand } from "../lowering.ts";

type Pool = backend_util.Conv2DInfo;

/** Where convolutions hold images in HWBC order: elsewhere a device's own pooling needs no other order. */
export function isMatrices({ tuning }: GraphBuilder, { dtype, shape }: ImageOperand): boolean {
  return tuning.convolution === "tiled" && dtype === "float32" && !shape.includes(0);
}

/** Of each window, over the pixels of it that are in the image. */
export function meansOf(builder: GraphBuilder, pool: Pool, x: string): Hwbc {
  const { padInfo, batchSize, inChannels, outHeight, outWidth } = pool;
  const rows = windows(pool.inHeight, outHeight, pool.strideHeight, pool.filterHeight, padInfo.top);
  const columns = windows(pool.inWidth, outWidth, pool.strideWidth, pool.filterWidth, padInfo.left);
  const means = transformAxes(builder, x, batchSize * inChannels, mean(rows), mean(columns));
  return { hwbc: builder.reshape(means, [outHeight, outWidth, batchSize, inChannels]) };
}

export const pixelBlocks: Readonly<Record<string, ImageLowering>> = {
  [REPEAT_PIXELS]: (builder, { inputs: { x }, attributes, output }) => {
    const [batch, height, width, channels] = output.shape;
    const [rows, columns] = [attributes["rows"] as number, attributes["columns"] as number];
    const ofRow = builder.reshape(x.hwbc, [height / rows, 1, width / columns, 1, batch * channels]);
    const zeros = new Uint8Array(4 * rows * columns);
    const repeated = builder.node("Add", [ofRow, builder.tensor("float32", [1, rows, 1, columns, 1], zeros)]);
    return { hwbc: builder.reshape(repeated, [height, width, batch, channels]) };
  },
  [SUM_PIXELS]: (builder, { inputs: { x }, attributes, output }) => {
    const [batch, height, width, channels] = output.shape;
    const [rows, columns] = [attributes["rows"] as number, attributes["columns"] as number];
    const sums = transformAxes(
      builder,
      x.hwbc,
      batch * channels,
      windows(height * rows, height, rows, rows, 0),
      windows(width * columns, width, columns, columns, 0),
    );
    return { hwbc: builder.reshape(sums, [height, width, batch, channels]) };
  },
};

/** [out, in]: 1 where the window has the place. */
function windows(inSize: number, outSize: number, stride: number, size: number, pad: number): Matrix {
  return matrix(outSize, inSize, (window, place) => {
    const own = place + pad - window * stride;
    return own >= 0 && own < size ? 1 : 0;
  });
}

function mean(ones: Matrix): Matrix {
  return ones.map((row) => {
    const count = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => value / count);
  });
}
