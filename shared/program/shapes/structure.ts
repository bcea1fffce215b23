// Kernels that move elements and change none.
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { backend_util, slice_util, util } from "../tfjs-core.ts";
import type { ValueSpec } from "../program.ts";
import { type Rules, reshaped, sameAs, wrap } from "./infer.ts";

export const STRUCTURE: Rules = {
  Reshape: ({ x }, { shape }) =>
    reshaped(x, util.inferFromImplicitShape(shape as number[], util.sizeFromShape([...x.shape]))),
  ExpandDims: ({ input }, { dim }) =>
    reshaped(input, input.shape.toSpliced(wrap(dim as number, input.shape.length + 1), 0, 1)),
  Transpose: ({ x }, { perm }) => {
    const permuted = (perm as number[]).map((axis) => x.shape[axis]);
    return reshaped(x, permuted);
  },
  Tile: ({ x }, { reps }) => {
    const tiled = x.shape.map((size, i) => size * (reps as number[])[i]);
    return reshaped(x, tiled);
  },
  Slice: ({ x }, { begin, size }) => reshaped(x, sliceOf(x.shape, begin, size).size),
  PadV2: ({ x }, { paddings }) => {
    const axes = (paddings as unknown[]).length;
    if (axes !== x.shape.length)
      throw new RangeError(
        `pad is given ${axes} paddings for [${x.shape.join(", ")}]: give one for each axis`,
      );
    const padded = x.shape.map((size, i) => {
      const [before, after] = (paddings as [number, number][])[i];
      return before + size + after;
    });
    return reshaped(x, padded);
  },
  Concat: (inputs, { axis }) => concatenated(Object.values(inputs), axis as number),
  Reverse: ({ x }, { dims }) => {
    const axes = [(dims ?? []) as number | number[]].flat(); // of a tensor of rank 1: left out
    for (const axis of axes) wrap(axis, x.shape.length);
    return x;
  },
  GatherV2: ({ x, indices }, { axis }) => {
    const along = wrap(axis as number, x.shape.length);
    return reshaped(x, x.shape.toSpliced(along, 1, ...indices.shape));
  },
  TensorScatterUpdate: sameAs("tensor"),
  // tfjs counts with a float32 mask, so sums of integers are float32 too.
  UnsortedSegmentSum: ({ x, segmentIds }, { numSegments }) => {
    if (segmentIds.shape[0] !== x.shape[0])
      throw new RangeError(`${segmentIds.shape[0]} segment ids for ${x.shape[0]} rows: give each row one`);
    return { shape: [numSegments as number, ...x.shape.slice(1)], dtype: "float32" };
  },
};

/** The part that a Slice takes, for every axis: tfjs allows single numbers, -1 for "to the end", and missing axes. */
export function sliceOf(
  shape: readonly number[],
  begin: unknown,
  size: unknown,
): { readonly begin: readonly number[]; readonly size: readonly number[] } {
  const x = { shape: [...shape], rank: shape.length } as unknown as TensorInfo;
  const [begins, sizes] = slice_util.parseSliceParams(x, begin as number[], size as number[]);
  slice_util.assertParamsValid(x, begins, sizes);
  return { begin: begins, size: sizes };
}

function concatenated(inputs: readonly ValueSpec[], axis: number): ValueSpec {
  const shapes = inputs.map(({ shape }) => [...shape]);
  const along = wrap(axis, shapes[0].length);
  backend_util.assertParamsConsistent(shapes, along);
  return { shape: backend_util.computeOutShape(shapes, along), dtype: inputs[0].dtype };
}
