// Kernels that move elements, made of slices, pads, concatenations, reshapes and transposes.
//
// Their gradients are then gradients of these, to any order; tfjs has some of the first order only, or none.
import { backend_util, slice_util } from "@tensorflow/tfjs-core";
import type * as tf from "@tensorflow/tfjs-core";
import { wrap } from "../../../../shared/program/shapes/infer.ts";
import { withChannelsLast } from "./channels-first.ts";
import { type Compositions, concat, reshape, run, sliceAlong, transpose } from "./compose.ts";

type Pair = readonly [number, number];

export const STRUCTURE: Compositions = {
  Identity: ({ x }) => x!,
  SplitV: ({ x }, { numOrSizeSplits, axis }) =>
    split(x!, numOrSizeSplits as number | number[], axis as number),
  Pack: (inputs, { axis }) => {
    const parts = Object.values(inputs).map((part) => part!);
    const along = wrap(axis as number, parts[0].shape.length + 1);
    const shape = parts[0].shape.toSpliced(along, 0, 1);
    return concat(
      parts.map((part) => reshape(part, shape)),
      along,
    );
  },
  Unpack: ({ value }, { axis }) => {
    const along = wrap(axis as number, value!.shape.length);
    const shape = value!.shape.toSpliced(along, 1);
    return split(value!, value!.shape[along], along).map((part) => reshape(part, shape));
  },
  StridedSlice: ({ x }, attributes) => stridedSlice(x!, attributes),
  MirrorPad: ({ x }, { paddings, mode }) =>
    (paddings as Pair[]).reduce<tf.TensorInfo>(
      (padded, padding, axis) => mirrored(padded, axis, padding, mode === "reflect" ? 1 : 0),
      x!,
    ),
  FlipLeftRight: ({ image }) => run("Reverse", { x: image }, { dims: [2] }),
  SpaceToBatchND: ({ x }, { blockShape, paddings }) =>
    spaceToBatch(x!, blockShape as number[], paddings as Pair[]),
  BatchToSpaceND: ({ x }, { blockShape, crops }) =>
    batchToSpace(x!, blockShape as number[], crops as number[][]),
  DepthToSpace: withChannelsLast("x", ({ x }, { blockSize }) => depthToSpace(x!, blockSize as number)),
  Diag: ({ x }) => diagonal(x!),
};

/** The slices that tile x along an axis. */
function split(x: tf.TensorInfo, numberOrSizes: number | number[], axis: number): tf.Tensor[] {
  const along = wrap(axis, x.shape.length);
  const given = typeof numberOrSizes === "number" ? numberOrSizes : [...numberOrSizes]; // tfjs writes into it
  const sizes = backend_util.prepareSplitSize(x, given, along);
  let offset = 0;
  return sizes.map((length) => {
    offset += length;
    return sliceAlong(x, along, offset - length, length);
  });
}

function stridedSlice(x: tf.TensorInfo, attributes: Readonly<Record<string, unknown>>): tf.TensorInfo {
  const given = attributes as Record<"begin" | "end" | "strides", number[]> & Record<string, number>;
  const { begin, end, strides, finalShape } = slice_util.sliceInfo(
    x.shape,
    given.begin,
    given.end,
    given.strides,
    given["beginMask"],
    given["endMask"],
    given["ellipsisMask"],
    given["newAxisMask"],
    given["shrinkAxisMask"],
  );
  const counts = slice_util.computeOutShape(begin, end, strides);
  let result = x;
  for (let axis = 0; axis < x.shape.length; axis++) {
    const [stride, count] = [strides[axis], Math.max(0, counts[axis])];
    const last = begin[axis] + stride * (count - 1);
    result =
      stride > 0 || count === 0
        ? everyNth(result, axis, begin[axis], stride, count)
        : run("Reverse", { x: everyNth(result, axis, last, -stride, count) }, { dims: [axis] });
  }
  return reshape(result, finalShape);
}

/** `count` elements of an axis from `begin` on: rows of `stride` elements, of which the first column stays. */
function everyNth(
  x: tf.TensorInfo,
  axis: number,
  begin: number,
  stride: number,
  count: number,
): tf.TensorInfo {
  const size = x.shape[axis];
  if (count === size) return x;
  if (stride === 1 || count <= 1) return sliceAlong(x, axis, count === 0 ? 0 : begin, count);
  const whole = Math.min(size - begin, count * stride);
  const part = sliceAlong(x, axis, begin, whole);
  const paddings = x.shape.map((_, i): Pair => (i === axis ? [0, count * stride - whole] : [0, 0]));
  const padded = whole < count * stride ? run("PadV2", { x: part }, { paddings, constantValue: 0 }) : part;
  const rows = reshape(padded, x.shape.toSpliced(axis, 1, count, stride));
  return reshape(sliceAlong(rows, axis + 1, 0, 1), x.shape.toSpliced(axis, 1, count));
}

/** Mirrors the ends of an axis outwards; `skip` is 1 where the outermost element itself is not repeated. */
function mirrored(x: tf.TensorInfo, axis: number, [before, after]: Pair, skip: 0 | 1): tf.TensorInfo {
  const flipped = (begin: number, size: number): tf.Tensor =>
    run("Reverse", { x: sliceAlong(x, axis, begin, size) }, { dims: [axis] });
  const parts: tf.TensorInfo[] = [x];
  if (before > 0) parts.unshift(flipped(skip, before));
  if (after > 0) parts.push(flipped(x.shape[axis] - skip - after, after));
  return parts.length === 1 ? x : concat(parts, axis);
}

function spaceToBatch(x: tf.TensorInfo, block: number[], paddings: readonly Pair[]): tf.TensorInfo {
  const rest = x.shape.slice(1 + block.length).map((): Pair => [0, 0]);
  const padded = run("PadV2", { x }, { paddings: [[0, 0], ...paddings, ...rest], constantValue: 0 });
  const size = block.reduce((product, factor) => product * factor, 1);
  const cut = reshape(padded, backend_util.getReshaped(padded.shape, block, size, false));
  const moved = transpose(cut, backend_util.getPermuted(cut.shape.length, block.length, false));
  return reshape(moved, backend_util.getReshapedPermuted(padded.shape, block, size, false));
}

function batchToSpace(x: tf.TensorInfo, block: number[], crops: number[][]): tf.TensorInfo {
  const size = block.reduce((product, factor) => product * factor, 1);
  const cut = reshape(x, backend_util.getReshaped(x.shape, block, size));
  const moved = transpose(cut, backend_util.getPermuted(cut.shape.length, block.length));
  const whole = reshape(moved, backend_util.getReshapedPermuted(x.shape, block, size));
  const begin = backend_util.getSliceBeginCoords(crops, block.length);
  return run(
    "Slice",
    { x: whole },
    { begin, size: backend_util.getSliceSize(whole.shape, crops, block.length) },
  );
}

/** [B, H, W, s·s·C] -> [B, H·s, W·s, C]. */
function depthToSpace(x: tf.TensorInfo, s: number): tf.TensorInfo {
  const [batch, height, width, depth] = x.shape;
  const channels = depth / (s * s);
  const blocks = reshape(x, [batch, height, width, s, s, channels]);
  return reshape(transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, height * s, width * s, channels]);
}

/** [n…] -> [n…, n…]: each element is followed by n zeros, which puts it one place further right in every row. */
function diagonal(x: tf.TensorInfo): tf.TensorInfo {
  const n = x.shape.reduce((product, size) => product * size, 1);
  const column = reshape(x, [n, 1]);
  const rows = run("PadV2", { x: column }, { paddings: [[0, 0], [0, n]], constantValue: 0 }); // prettier-ignore
  return reshape(sliceAlong(reshape(rows, [n * (n + 1)]), 0, 0, n * n), [...x.shape, ...x.shape]);
}
