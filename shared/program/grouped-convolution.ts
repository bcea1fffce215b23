// Grouped 2-D convolutions, which tfjs lacks: three kernels of our own, each the others' gradient, and the op.
//
// x [B, H, W, C] falls into G groups of C / G channels, each with filters of its own: the filter is
// [kh, kw, C / G, O], y is [B, OH, OW, O], and output o sees the channels of group ⌊o·G / O⌋ alone. G is C divided by
// the filter's channels; there is no attribute for it.
import type * as tf from "@tensorflow/tfjs-core";
import { core } from "./tfjs-core.ts";

export const GROUPED_CONVOLUTION = "GroupedConv2D";
export const GROUPED_CONVOLUTION_TO_INPUT = "GroupedConv2DBackpropInput";
export const GROUPED_CONVOLUTION_TO_FILTER = "GroupedConv2DBackpropFilter";

type Shape4D = [number, number, number, number];

export interface GroupedConvolutionOptions {
  /** 1 by default. */
  readonly strides?: number | readonly [number, number];
  readonly padding: "same" | "valid" | number;
}

/**
 * y [B, OH, OW, O] of x [B, H, W, C] and filter [kh, kw, C / G, O]. Differentiable to any order, in a traced step and
 * eagerly on tfjs's CPU backend.
 *
 * @throws RangeError where the filter's channels do not divide C, or the groups do not divide O
 */
export function groupedConv2d(
  x: tf.Tensor,
  filter: tf.Tensor,
  { strides = 1, padding }: GroupedConvolutionOptions,
): tf.Tensor {
  registerGroupedConvolution();
  groupsOf(x.shape, filter.shape);
  const pair = typeof strides === "number" ? [strides, strides] : [...strides];
  return run(GROUPED_CONVOLUTION, { x, filter }, { ...PLAIN, strides: pair, pad: padding });
}

/**
 * How many groups there are.
 *
 * @throws RangeError where the shapes do not fit
 */
export function groupsOf(x: readonly number[], filter: readonly number[]): number {
  const [channels, inGroup, outputs] = [x[3], filter[2], filter[3]];
  const groups = channels / inGroup;
  if (x.length === 4 && filter.length === 4 && Number.isInteger(groups) && outputs % groups === 0)
    return groups;
  throw new RangeError(
    `a grouped convolution of [${x.join(", ")}] with a filter [${filter.join(", ")}]: the filter is [height, width, channels of a group, outputs], the channels of a group divide the image's channels, and the number of groups divides the outputs`,
  );
}

/**
 * Registers the kernels, group by group of tfjs's own convolutions, and their gradients: for replaying programs, and for
 * layers that compute eagerly. The `graph` engine has lowerings of its own.
 */
export function registerGroupedConvolution(backendName = "cpu"): void {
  if (core.getKernel(GROUPED_CONVOLUTION, backendName)) return;
  for (const [kernelName, compute] of Object.entries(KERNELS)) {
    core.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        core.tidy(() => compute(inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap)),
    });
  }
  if (core.getGradient(GROUPED_CONVOLUTION)) return;
  for (const gradient of GRADIENTS) core.registerGradient(gradient);
}

const PLAIN = { dataFormat: "NHWC", dilations: [1, 1] };

type Compute = (inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap) => tf.Tensor;

const KERNELS: Readonly<Record<string, Compute>> = {
  [GROUPED_CONVOLUTION]: ({ x, filter }, attributes) => {
    const groups = groupsOf(x.shape, filter.shape);
    return byGroup(groups, (group) => {
      const inputs = { x: partOf(x, groups, group), filter: partOf(filter, groups, group) };
      return run("Conv2D", inputs, attributes);
    });
  },
  [GROUPED_CONVOLUTION_TO_INPUT]: ({ dy, filter }, attributes) => {
    const inputShape = attributes["inputShape"] as Shape4D;
    const groups = groupsOf(inputShape, filter.shape);
    return byGroup(groups, (group) => {
      const inputs = { dy: partOf(dy, groups, group), filter: partOf(filter, groups, group) };
      return run("Conv2DBackpropInput", inputs, {
        ...attributes,
        inputShape: withChannels(inputShape, filter.shape[2]!),
      });
    });
  },
  [GROUPED_CONVOLUTION_TO_FILTER]: ({ x, dy }, attributes) => {
    const filterShape = attributes["filterShape"] as Shape4D;
    const groups = groupsOf(x.shape, filterShape);
    return byGroup(groups, (group) => {
      const inputs = { x: partOf(x, groups, group), dy: partOf(dy, groups, group) };
      return run("Conv2DBackpropFilter", inputs, {
        ...attributes,
        filterShape: withChannels(filterShape, filterShape[3] / groups),
      });
    });
  },
};

const GRADIENTS: readonly tf.GradConfig[] = [
  {
    kernelName: GROUPED_CONVOLUTION,
    inputsToSave: ["x", "filter"],
    gradFunc: (dy, [x, filter], attributes) => ({
      x: () =>
        run(
          GROUPED_CONVOLUTION_TO_INPUT,
          { dy: dy as tf.Tensor, filter },
          { ...shared(attributes), inputShape: x.shape },
        ),
      filter: () =>
        run(
          GROUPED_CONVOLUTION_TO_FILTER,
          { x, dy: dy as tf.Tensor },
          { ...shared(attributes), filterShape: filter.shape },
        ),
    }),
  },
  {
    kernelName: GROUPED_CONVOLUTION_TO_INPUT,
    inputsToSave: ["dy", "filter"],
    gradFunc: (ddx, [dy, filter], attributes) => ({
      dy: () => run(GROUPED_CONVOLUTION, { x: ddx as tf.Tensor, filter }, shared(attributes)),
      filter: () =>
        run(
          GROUPED_CONVOLUTION_TO_FILTER,
          { x: ddx as tf.Tensor, dy },
          { ...shared(attributes), filterShape: filter.shape },
        ),
    }),
  },
  {
    kernelName: GROUPED_CONVOLUTION_TO_FILTER,
    inputsToSave: ["x", "dy"],
    gradFunc: (ddw, [x, dy], attributes) => ({
      x: () =>
        run(
          GROUPED_CONVOLUTION_TO_INPUT,
          { dy, filter: ddw as tf.Tensor },
          { ...shared(attributes), inputShape: x.shape },
        ),
      dy: () => run(GROUPED_CONVOLUTION, { x, filter: ddw as tf.Tensor }, shared(attributes)),
    }),
  },
];

/** What the three kernels have in common. */
function shared({ strides, pad }: tf.NamedAttrMap): tf.NamedAttrMap {
  return { ...PLAIN, strides, pad };
}

function run(kernel: string, inputs: tf.NamedTensorMap, attributes: tf.NamedAttrMap): tf.Tensor {
  return core.engine().runKernel<tf.Tensor>(kernel, inputs, attributes);
}

function byGroup(groups: number, compute: (group: number) => tf.Tensor): tf.Tensor {
  return core.concat(
    Array.from({ length: groups }, (_, group) => compute(group)),
    3,
  );
}

/** One group's part of the last axis. */
function partOf(tensor: tf.Tensor, groups: number, group: number): tf.Tensor {
  const size = tensor.shape.with(3, tensor.shape[3]! / groups);
  return core.slice(tensor, [0, 0, 0, group * size[3]], size);
}

function withChannels(shape: Shape4D, channels: number): Shape4D {
  return [shape[0], shape[1], shape[2], channels];
}
