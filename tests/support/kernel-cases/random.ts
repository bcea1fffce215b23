// Cases of random shapes, strides, pads and axes: any seed makes as many as asked for, always the same.
import * as tf from "@tensorflow/tfjs-core";
import { type Stream, shuffled, stream } from "../../../shared/random/random.ts";
import type { OracleCase } from "../oracle.ts";

type Image = tf.Tensor4D;

/** Draws whole numbers, choices and shapes. */
class Draw {
  readonly #random: Stream;

  constructor(random: Stream) {
    this.#random = random;
  }

  int(least: number, most: number): number {
    return least + this.#random.integer(most - least + 1);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.int(0, choices.length - 1)];
  }

  bool(): boolean {
    return this.of([true, false]);
  }

  shape(least: number, most: number, size = 5): number[] {
    return Array.from({ length: this.int(least, most) }, () => this.int(1, size));
  }

  /** The axes of a rank, in any order. */
  order(rank: number): number[] {
    return [...shuffled(rank, this.#random)];
  }
}

type Maker = (draw: Draw) => Omit<OracleCase, "name">;

export function randomCases(seed: number, count: number): readonly OracleCase[] {
  const kinds = Object.entries(MAKERS);
  return Array.from({ length: count }, (_, i) => {
    const [kind, make] = kinds[i % kinds.length];
    const made = make(new Draw(stream(seed, "kernel case", i)));
    return { name: `seed ${seed}, case ${i}: ${kind} ${JSON.stringify(made.inputs)}`, ...made };
  });
}

const pad = (draw: Draw): "same" | "valid" => draw.of(["same", "valid"]);

const MAKERS: Readonly<Record<string, Maker>> = {
  conv2d: (draw) => {
    const [window, strides] = [[draw.int(1, 4), draw.int(1, 4)], [draw.int(1, 3), draw.int(1, 3)]] as const;
    const [channels, filters, padding] = [draw.int(1, 6), draw.int(1, 6), pad(draw)];
    const image = [draw.int(1, 3), draw.int(4, 9), draw.int(4, 9), channels];
    return {
      inputs: [image, [...window, channels, filters]],
      f: (x, w) => tf.conv2d(x as Image, w as Image, strides as [number, number], padding),
    };
  },
  "conv2d, dilated": (draw) => {
    const dilations: [number, number] = [draw.int(1, 3), draw.int(2, 3)];
    const [channels, padding] = [draw.int(1, 5), pad(draw)];
    const image = [draw.int(1, 2), draw.int(7, 10), draw.int(7, 10), channels];
    return {
      inputs: [image, [draw.int(1, 3), draw.int(1, 3), channels, draw.int(1, 5)]],
      f: (x, w) => tf.conv2d(x as Image, w as Image, 1, padding, "NHWC", dilations),
      gradient: false,
    };
  },
  conv2dTranspose: (draw) => {
    const [stride, window, channels, filters] = [draw.int(1, 3), draw.int(1, 5), draw.int(1, 5), draw.int(1, 5)];
    const image = [draw.int(1, 2), draw.int(1, 5), draw.int(1, 5), channels];
    const output: [number, number, number, number] = [image[0], image[1] * stride, image[2] * stride, filters];
    return {
      inputs: [image, [window, window, filters, channels]],
      f: (x, w) => tf.conv2dTranspose(x as Image, w as Image, output, stride, "same"),
    };
  },
  depthwiseConv2d: (draw) => {
    const strides = draw.int(1, 3);
    const [channels, padding] = [draw.int(1, 4), pad(draw)];
    const image = [draw.int(1, 3), draw.int(4, 8), draw.int(4, 8), channels];
    return {
      inputs: [image, [draw.int(1, 4), draw.int(1, 4), channels, draw.int(1, 3)]],
      f: (x, w) => tf.depthwiseConv2d(x as Image, w as Image, strides, padding),
    };
  },
  maxPool: (draw) => {
    const [size, strides, padding] = [draw.int(1, 4), draw.int(1, 3), pad(draw)];
    return {
      inputs: [[draw.int(1, 3), draw.int(4, 9), draw.int(4, 9), draw.int(1, 4)]],
      ...(draw.bool() && { values: "ties" as const }),
      f: (x) => tf.maxPool(x as Image, size, strides, padding),
    };
  },
  avgPool: (draw) => {
    const [size, strides, padding] = [draw.int(1, 4), draw.int(1, 3), pad(draw)];
    return {
      inputs: [[draw.int(1, 2), draw.int(4, 7), draw.int(4, 7), draw.int(1, 2)]],
      f: (x) => tf.avgPool(x as Image, size, strides, padding),
      gradient: "linear",
    };
  },
  resize: (draw) => {
    const name = draw.of(["resizeBilinear", "resizeNearestNeighbor"] as const);
    const size: [number, number] = [draw.int(1, 9), draw.int(1, 9)];
    const [aligned, half] = draw.of([
      [false, false],
      [true, false],
      [false, true],
    ]);
    return {
      inputs: [[draw.int(1, 2), draw.int(1, 5), draw.int(1, 5), draw.int(1, 2)]],
      f: (x) => tf.image[name](x as Image, size, aligned, half),
      gradient: "linear",
    };
  },
  matMul: (draw) => {
    const [rows, inner, columns, first, second] = [draw.int(1, 6), draw.int(1, 6), draw.int(1, 6), draw.bool(), draw.bool()];
    const batch = draw.of([[], [3], [2, 2]]);
    return {
      inputs: [
        [...batch, ...(first ? [inner, rows] : [rows, inner])],
        [...batch, ...(second ? [columns, inner] : [inner, columns])],
      ],
      f: (a, b) => tf.matMul(a, b, first, second),
    };
  },
  arithmetic: (draw) => {
    const shape = draw.shape(1, 4);
    const other = shape.map((size) => draw.of([size, 1])).slice(draw.int(0, shape.length - 1));
    const op = draw.of([tf.add, tf.sub, tf.mul, tf.div]);
    return { inputs: draw.bool() ? [shape, other] : [other, shape], values: "positive", f: op };
  },
  reduction: (draw) => {
    const shape = draw.shape(1, 4);
    const axes = draw
      .order(shape.length)
      .slice(0, draw.int(1, shape.length))
      .toSorted((a, b) => a - b);
    const [name, keepDims] = [draw.of(["sum", "mean", "max", "min"] as const), draw.bool()];
    return { inputs: [shape], f: (x) => tf[name](x, axes, keepDims) };
  },
  transpose: (draw) => {
    const shape = draw.shape(1, 5, 4);
    const order = draw.order(shape.length);
    return { inputs: [shape], f: (x) => tf.transpose(x, order) };
  },
  slice: (draw) => {
    const shape = draw.shape(1, 4, 6);
    const begin = shape.map((size) => draw.int(0, size - 1));
    const size = shape.map((full, i) => draw.of([-1, draw.int(0, full - begin[i])]));
    return { inputs: [shape], f: (x) => tf.slice(x, begin, size) };
  },
  stridedSlice: (draw) => {
    const shape = draw.shape(1, 3, 7);
    const strides = shape.map(() => draw.of([1, 2, 3, -1, -2]));
    const begin = shape.map((size, i) => (strides[i] > 0 ? draw.int(0, size - 1) : size - 1));
    const end = shape.map((size, i) => (strides[i] > 0 ? draw.int(begin[i] + 1, size) : 0));
    const full = shape.map((size, i) => (strides[i] < 0 && size === 1 ? 1 : strides[i]));
    const stop = shape.map((size, i) => (size === 1 ? 1 : end[i]));
    return { inputs: [shape], f: (x) => tf.stridedSlice(x, begin, stop, full), gradient: "linear" };
  },
  pad: (draw) => {
    const shape = draw.shape(1, 4);
    const pads = shape.map((): [number, number] => [draw.int(0, 2), draw.int(0, 2)]);
    return { inputs: [shape], f: (x) => tf.pad(x, pads, 0.5) };
  },
  mirrorPad: (draw) => {
    const mode = draw.of(["reflect", "symmetric"] as const);
    const shape = draw.shape(1, 3).map((size) => size + 1);
    const pads = shape.map((size): [number, number] => [draw.int(0, size - 1), draw.int(0, size - 1)]);
    return { inputs: [shape], f: (x) => tf.mirrorPad(x, pads, mode), gradient: "linear" };
  },
  concat: (draw) => {
    const shape = draw.shape(1, 4);
    const axis = draw.int(0, shape.length - 1);
    const inputs = Array.from({ length: draw.int(1, 4) }, () => shape.with(axis, draw.int(0, 4)));
    return { inputs, f: (...xs) => tf.concat(xs, axis) };
  },
  gather: (draw) => {
    const shape = draw.shape(1, 4);
    const axis = draw.int(0, shape.length - 1);
    const indices = Array.from({ length: draw.int(1, 6) }, () => draw.int(0, shape[axis] - 1));
    return { inputs: [shape], f: (x) => tf.gather(x, tf.tensor1d(indices, "int32"), axis) };
  },
  einsum: (draw) => {
    const [i, j, k] = [draw.int(1, 5), draw.int(1, 5), draw.int(1, 5)];
    const [equation, a, b] = draw.of([
      ["bij,bjk->bik", [2, i, j], [2, j, k]],
      ["bij,bkj->kbi", [2, i, j], [2, k, j]],
      ["ij,kj->ik", [i, j], [k, j]],
      ["bhi,bhj->ijb", [2, k, i], [2, k, j]],
    ] as const);
    return { inputs: [a, b], f: (x, y) => tf.einsum(equation, x, y), gradient: false };
  },
}; // prettier-ignore
