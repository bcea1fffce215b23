// Grouped convolutions, filter [kh, kw, C / G, O]: on a CPU a few plain ones side by side, on a GPU its own.
//
// Some groups at a time become one convolution whose filter has zeros between groups, so that the products at the
// points are wide enough for the matrix kernels; the blocks are a first axis of everything.
import { groupsOf } from "../../../../../shared/program/grouped-convolution.ts";
import { convolutionOf } from "../../../../../shared/program/shapes.ts";
import { sizeOf } from "../../../../../shared/program/program.ts";
import type { GraphBuilder } from "../../graph-builder.ts";
import type { Hwbc, ImageLowering, ImageOperand, KernelCall, Operand } from "../lowering.ts";
import { filterGradient, forward, inputGradient } from "./tiled/bilinear-convolution.ts";
import { tiledGeometry } from "./tiled/cuts.ts";
import type { Geometry } from "./tiled/geometry.ts";
import { directConvolution } from "./direct-convolution.ts";
import { filterGradient as denseFilterGradient } from "./filter-gradient.ts";
import { directGrouped } from "./direct-grouped-convolution.ts";

type Kernel = "GroupedConv2D" | "GroupedConv2DBackpropInput" | "GroupedConv2DBackpropFilter";

/**
 * So many channels a block, at least: of 16 the products are too narrow (R3GAN's groups), and more multiply more zeros.
 * Measured on AVX-512, with the residual blocks of tests/bench/architectures.
 */
const BLOCK_WIDTH = 32;

/** How the groups are put together. */
interface Blocks {
  readonly blocks: number;
  /** In each block. */
  readonly groups: number;
  /** How each block is computed, or null for one block of all, as a convolution of the device's own. */
  readonly geometry: Geometry | null;
}

export const groupedConvolution: Readonly<Record<Kernel, ImageLowering>> = {
  GroupedConv2D: (builder, call) => {
    const { x, filter } = call.inputs;
    const blocks = blocksOf(builder, x.shape, filter.shape, call);
    if (!blocks) return directGrouped.GroupedConv2D(builder, call);
    if (!blocks.geometry) {
      const whole = { x, filter: denseFilter(builder, blocks, filter) };
      return directConvolution.Conv2D(builder, { ...call, inputs: whole });
    }
    const y = forward(
      builder,
      blocks.geometry,
      inBlocks(builder, blocks, x),
      filterOf(builder, blocks, filter),
    );
    return outOfBlocks(builder, blocks, y, call.output.shape);
  },
  GroupedConv2DBackpropInput: (builder, call) => {
    const { dy, filter } = call.inputs;
    const blocks = blocksOf(builder, call.output.shape, filter.shape, call);
    if (!blocks) return directGrouped.GroupedConv2DBackpropInput(builder, call);
    if (!blocks.geometry) {
      const whole = { dy, filter: denseFilter(builder, blocks, filter) };
      return directConvolution.Conv2DBackpropInput(builder, { ...call, inputs: whole });
    }
    const dx = inputGradient(
      builder,
      blocks.geometry,
      inBlocks(builder, blocks, dy),
      filterOf(builder, blocks, filter),
    );
    return outOfBlocks(builder, blocks, dx, call.output.shape);
  },
  GroupedConv2DBackpropFilter: (builder, call) => {
    const { x, dy } = call.inputs;
    const blocks = blocksOf(builder, x.shape, call.output.shape, call);
    if (!blocks) return directGrouped.GroupedConv2DBackpropFilter(builder, call);
    if (!blocks.geometry) {
      const output = { ...call.output, shape: denseShape(blocks, call.output.shape) };
      const dense = denseFilterGradient(builder, { ...call, output });
      return filterFrom(builder, blocks, dense, call.output.shape);
    }
    const dw = filterGradient(
      builder,
      blocks.geometry,
      inBlocks(builder, blocks, x),
      inBlocks(builder, blocks, dy),
    );
    return filterFrom(builder, blocks, dw, call.output.shape);
  },
};

function blocksOf(
  builder: GraphBuilder,
  x: readonly number[],
  filter: readonly number[],
  { attributes }: KernelCall,
): Blocks | null {
  const conv = convolutionOf(x, filter, attributes);
  const groups = groupsOf(x, filter);
  const { tuning } = builder;
  if (sizeOf(conv.inShape) * sizeOf(conv.outShape) === 0) return null;
  if (tuning.convolution === "native") {
    const isSafe = [conv.inChannels, conv.outChannels].every((channels) => !straddles(channels, groups));
    return isSafe ? null : { blocks: 1, groups, geometry: null };
  }
  const widest = Math.max(filter[2], filter[3] / groups);
  const divisors = Array.from({ length: groups }, (_, i) => i + 1).filter(
    (divisor) => groups % divisor === 0,
  );
  const inBlock = divisors.find((divisor) => divisor * widest >= BLOCK_WIDTH) ?? groups;
  const blocks = groups / inBlock;
  const geometry = tiledGeometry(builder, conv, tuning, blocks);
  return geometry && { blocks, groups: inBlock, geometry };
}

/**
 * WebGPU's provider computes two or four outputs at once wherever their number divides so, and takes the channels of the
 * first one's group for all of them.
 */
function straddles(outputs: number, groups: number): boolean {
  const atOnce = [4, 2].find((count) => outputs % count === 0) ?? 1;
  return groups > 1 && (outputs / groups) % atOnce !== 0;
}

/** The filter as [kh, kw, C, O], zeros between groups. */
function denseFilter(builder: GraphBuilder, blocks: Blocks, filter: ImageOperand): Operand {
  const { dtype, shape } = filter;
  return { dtype, shape: denseShape(blocks, shape), name: filterOf(builder, blocks, filter) };
}

function denseShape({ groups }: Blocks, [height, width, inGroup, outputs]: readonly number[]): number[] {
  return [height, width, groups * inGroup, outputs];
}

/** [H, W, B, C] -> [blocks, H, W, B, C / blocks] */
function inBlocks(builder: GraphBuilder, { blocks }: Blocks, { hwbc, shape }: ImageOperand): string {
  if (blocks === 1) return hwbc;
  const [batch, height, width, channels] = shape;
  const apart = builder.reshape(hwbc, [height, width, batch, blocks, channels / blocks]);
  return builder.transpose(apart, [3, 0, 1, 2, 4]);
}

/** The inverse. */
function outOfBlocks(
  builder: GraphBuilder,
  { blocks }: Blocks,
  image: string,
  [batch, height, width, channels]: readonly number[],
): Hwbc {
  if (blocks === 1) return { hwbc: image };
  const together = builder.transpose(image, [1, 2, 3, 0, 4]);
  return { hwbc: builder.reshape(together, [height, width, batch, channels]) };
}

/** [kh, kw, C / G, O] -> [blocks, kh, kw, channels of a block, outputs of a block], zeros between groups. */
function filterOf(builder: GraphBuilder, { blocks, groups }: Blocks, { name, shape }: ImageOperand): string {
  const [height, width, inGroup, outputs] = shape;
  const outGroup = outputs / groups / blocks;
  const lead = blocks === 1 ? [] : [blocks];
  const apart = builder.reshape(name, [height * width, inGroup, blocks, groups * outGroup]);
  const byBlock = blocks === 1 ? apart : builder.transpose(apart, [2, 0, 1, 3]);
  if (groups === 1) return builder.reshape(byBlock, [...lead, height, width, inGroup, outGroup]);
  const spread = builder.node("Mul", [
    builder.reshape(byBlock, [blocks * height * width, 1, inGroup, groups, outGroup]),
    sameGroup(builder, groups),
  ]);
  return builder.reshape(spread, [...lead, height, width, groups * inGroup, groups * outGroup]);
}

/** The inverse: what lies between groups is dropped. */
function filterFrom(
  builder: GraphBuilder,
  { blocks, groups }: Blocks,
  dw: string,
  shape: readonly number[],
): string {
  const [height, width, inGroup, outputs] = shape;
  const outGroup = outputs / groups / blocks;
  let byBlock = dw;
  if (groups > 1) {
    const apart = builder.reshape(dw, [blocks * height * width, groups, inGroup, groups, outGroup]);
    byBlock = builder.node(
      "ReduceSum",
      [builder.node("Mul", [apart, sameGroup(builder, groups)]), builder.ints([1])],
      { keepdims: 0 },
    );
  }
  const apart = builder.reshape(byBlock, [blocks, height * width, inGroup, groups * outGroup]);
  return builder.reshape(blocks === 1 ? apart : builder.transpose(apart, [1, 2, 0, 3]), shape);
}

/** [1, groups, 1, groups, 1]: 1 where both are the same. */
function sameGroup(builder: GraphBuilder, groups: number): string {
  const identity = Float32Array.from({ length: groups * groups }, (_, i) => (i % (groups + 1) === 0 ? 1 : 0));
  return builder.tensor("float32", [1, groups, 1, groups, 1], new Uint8Array(identity.buffer));
}
