// Kernels that read and write where an index tensor says.
import type { GraphBuilder } from "../graph-builder.ts";
import { ONNX_TYPE } from "../onnx.ts";
import type { KernelCall, Lowerings } from "./lowering.ts";
import { cast, scalar } from "./types.ts";

export const indexing: Lowerings = {
  GatherV2: (builder, { inputs: { x, indices }, attributes }) =>
    builder.node("Gather", [x.name, cast(builder, indices, "int32")], { axis: attributes["axis"] as number }),
  TensorScatterUpdate: (builder, { inputs: { tensor, indices, updates } }) =>
    builder.node("ScatterND", [tensor.name, cast(builder, indices, "int64"), updates.name]),
  UnsortedSegmentSum: unsortedSegmentSum,
};

/** x [N, …] summed into [S, …] by segment number; what belongs to no segment counts nowhere. */
function unsortedSegmentSum(builder: GraphBuilder, { inputs, attributes, output }: KernelCall): string {
  const { x, segmentIds } = inputs;
  const segments = attributes["numSegments"] as number;
  const ids = cast(builder, segmentIds, "int32");
  const last = scalar(builder, "int32", segments);
  const known = builder.node("And", [
    builder.node("GreaterOrEqual", [ids, scalar(builder, "int32", 0)]),
    builder.node("Less", [ids, last]),
  ]);
  // One segment more than there are takes the strays.
  const places = builder.node("Cast", [builder.node("Where", [known, ids, last])], { to: ONNX_TYPE.int64 });
  const shape = [segments + 1, ...output.shape.slice(1)];
  const zeros = builder.node("Expand", [builder.scalar(0), builder.ints(shape)]);
  const column = builder.reshape(places, [...segmentIds.shape, 1]);
  const sums = builder.node("ScatterND", [zeros, column, cast(builder, x, "float32")], { reduction: "add" });
  return builder.slice(sums, [0], [0], [segments], [1]);
}
