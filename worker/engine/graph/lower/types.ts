// Between tfjs's three data types, as tfjs converts them.
import type { DataType } from "../../../../shared/program/program.ts";
import { ONNX_TYPE, type OnnxType } from "../onnx.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import type { Lowering, Operand } from "./lowering.ts";

/** The operand's name as another type. Fractions are cut off, and what is not zero is true. */
export function cast(
  builder: GraphBuilder,
  { name, dtype }: Pick<Operand, "name" | "dtype">,
  to: OnnxType,
): string {
  return dtype === to ? name : builder.node("Cast", [name], { to: ONNX_TYPE[to] });
}

/** The operand as another type. */
export function converted(builder: GraphBuilder, operand: Operand, dtype: DataType): Operand {
  return { shape: operand.shape, dtype, name: cast(builder, operand, dtype) };
}

/** A scalar of a type. */
export function scalar(builder: GraphBuilder, dtype: DataType, value: number): string {
  switch (dtype) {
    case "float32":
      return builder.scalar(value);
    case "int32":
      return builder.tensor("int32", [], new Uint8Array(Int32Array.of(value).buffer));
    case "bool":
      return builder.tensor("bool", [], Uint8Array.of(value ? 1 : 0));
    default:
      return dtype satisfies never;
  }
}

/**
 * For kernels that ONNX Runtime has for float32 only, or which tfjs computes in floating point: operands of other
 * types are converted, and the result back to the type that the call declares.
 */
export const inFloat32 = (lowering: Lowering): Lowering => through("float32", lowering);

/** The same in int32, for truth values where ONNX Runtime has no kernel for them; floats stay floats. */
export const boolsAsIntegers =
  (lowering: Lowering): Lowering =>
  (builder, call) =>
    Object.values(call.inputs).some(({ dtype }) => dtype === "bool")
      ? through("int32", lowering)(builder, call)
      : lowering(builder, call);

function through(dtype: "float32" | "int32", lowering: Lowering): Lowering {
  return (builder, call) => {
    const operands = Object.entries(call.inputs);
    if (call.output.dtype === dtype && operands.every(([, operand]) => operand.dtype === dtype))
      return lowering(builder, call);
    const inputs = Object.fromEntries(
      operands.map(([key, operand]) => [key, converted(builder, operand, dtype)]),
    );
    const name = lowering(builder, { ...call, inputs, output: { ...call.output, dtype } });
    return cast(builder, { name, dtype }, call.output.dtype);
  };
}
