// `layers.firResample`: images twice or half the size, low-pass filtered, so that no frequencies fold over.
import type * as core from "@tensorflow/tfjs-core";
import {
  type Config,
  type LayerArgs,
  type LayerClass,
  type Shape,
  type Tfjs,
  oneShape,
  oneTensor,
  shortName,
} from "./tfjs.ts";

export type Direction = "up" | "down";

export interface FirResampleArgs extends LayerArgs {
  direction: Direction;
  /** The filter along either axis, scaled to a sum of 1; [1, 3, 3, 1] by default. */
  taps?: readonly number[];
}

const DEFAULT_TAPS: readonly number[] = [1, 3, 3, 1];

/**
 * [B, H, W, C] -> [B, 2H, 2W, C] or [B, ⌊H/2⌋, ⌊W/2⌋, C], as `upsample2d` and `downsample2d` of StyleGAN2 and 3 (Karras
 * et al. 2020, upfirdn2d) and Zhang 2019, "Making convolutional networks shift-invariant again": with K taps f of sum 1,
 * zeros outside of the image, and along each axis
 *
 *   up     y[o] = 2 Σ_k f[k]·u[o + K - 1 - k - ⌊(K + 1) / 2⌋]   with u[2i] = x[i], zeros between
 *   down   y[o] = Σ_k f[k]·x[2o + K - 1 - k - ⌊(K - 1) / 2⌋]
 *
 * Of an odd size half is rounded down: the last row or column is filtered, and none is centred on it.
 */
export function firResampleClass(tf: Tfjs): LayerClass<FirResampleArgs> {
  return class FirResample extends tf.layers.Layer {
    static readonly className = "GanglionFirResample";
    readonly direction: Direction;
    readonly taps: readonly number[];

    constructor(args: FirResampleArgs) {
      super(args);
      this.name = shortName(this.name);
      const { direction, taps = DEFAULT_TAPS } = args;
      this.direction = direction;
      this.taps = [...taps];
      this.inputSpec = [new tf.InputSpec({ ndim: 4 })];
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape {
      const [batch, height, width, channels] = oneShape(inputShape);
      return [batch, this.#sizeAfter(height), this.#sizeAfter(width), channels];
    }

    override call(inputs: core.Tensor | core.Tensor[]): core.Tensor {
      return tf.tidy(() => resample(tf, oneTensor(inputs), this));
    }

    override getConfig(): Config {
      return { ...super.getConfig(), direction: this.direction, taps: [...this.taps] };
    }

    #sizeAfter(size: number | null): number | null {
      if (size === 1 && this.direction === "down")
        throw new Error("an image of one pixel cannot be halved: leave this layer out");
      return size === null ? null : resampledSize(size, this.direction);
    }
  };
}

interface Filter {
  readonly direction: Direction;
  readonly taps: readonly number[];
}

/**
 * y = M_h x M_wᵀ for each sample and channel, with a matrix for each axis. Rows and columns stand in front while it is
 * multiplied: [H, W, B, C] is how the graph engine holds images.
 */
function resample(tf: Tfjs, x: core.Tensor, { direction, taps }: Filter): core.Tensor {
  const [batch, height, width, channels] = x.shape;
  const [newHeight, newWidth] = [resampledSize(height, direction), resampledSize(width, direction)];
  const rows = tf.tensor2d(resamplingMatrix(height, { direction, taps }), [newHeight, height]);
  const columns = tf.tensor3d(resamplingMatrix(width, { direction, taps }), [1, newWidth, width]);
  const image = tf.transpose(x, [1, 2, 0, 3]);
  const tall = tf.matMul(rows, tf.reshape(image, [height, width * batch * channels]));
  const full = tf.matMul(columns, tf.reshape(tall, [newHeight, width, batch * channels]));
  return tf.transpose(tf.reshape(full, [newHeight, newWidth, batch, channels]), [2, 0, 1, 3]);
}

function resampledSize(size: number, direction: Direction): number {
  return direction === "up" ? 2 * size : Math.floor(size / 2);
}

/** [new size, size], row-major. */
function resamplingMatrix(size: number, { direction, taps }: Filter): Float32Array {
  const newSize = resampledSize(size, direction);
  const matrix = new Float32Array(newSize * size);
  const last = taps.length - 1;
  const before = Math.floor((direction === "up" ? taps.length + 1 : last) / 2);
  const gain = (direction === "up" ? 2 : 1) / sumOf(taps);
  for (let o = 0; o < newSize; o++) {
    for (const [k, tap] of taps.entries()) {
      const seen = direction === "up" ? (o + last - k - before) / 2 : 2 * o + last - k - before;
      if (Number.isInteger(seen) && seen >= 0 && seen < size) matrix[o * size + seen] += gain * tap;
    }
  }
  return matrix;
}

function sumOf(taps: readonly number[]): number {
  return taps.reduce((sum, tap) => sum + tap, 0);
}
