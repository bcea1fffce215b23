// Selection by a condition, in the fewest passes over memory.
import type { GraphBuilder } from "../graph-builder.ts";
import { ONNX_TYPE } from "../onnx.ts";
import type { KernelCall } from "./lowering.ts";
import { cast } from "./types.ts";

/**
 * t where the condition holds, e elsewhere. Where e is a fraction of t, as in the gradient of a leaky ReLU, t is scaled
 * by the condition instead, with the same roundings: ONNX Runtime's Where costs three such passes (measured). It
 * chooses between numbers, not between truth values.
 */
export function select(
  builder: GraphBuilder,
  { inputs: { condition, t, e }, output: { dtype } }: KernelCall,
): string {
  const isTrue = cast(builder, condition, "bool");
  const areFloats = t.dtype === "float32" && e.dtype === "float32";
  const fraction = areFloats ? fractionOf(builder, e.name, t.name) : null;
  if (fraction !== null) return builder.node("Mul", [t.name, chosen(builder, isTrue, fraction)]);
  const type = dtype === "bool" ? "int32" : dtype;
  const operands = [isTrue, cast(builder, t, type), cast(builder, e, type)];
  return cast(builder, { name: builder.node("Where", operands), dtype: type }, dtype);
}

/** So large that its product with any float32 but a subnormal one is 1 or more. */
const STEEP = 3e38;

/**
 * 1 where the condition holds, `otherwise` elsewhere; 0 ≤ otherwise ≤ 1. Where it is x > 0, from x itself on a CPU: two
 * passes at most over floats, where a comparison and its conversion to floats take one more (tests/bench/passes).
 */
export function chosen(builder: GraphBuilder, condition: string, otherwise: number): string {
  const made = builder.producerOf(condition);
  const isSign = made?.op === "Greater" && builder.scalarOf(made.inputs[1]) === 0;
  if (isSign && builder.tuning.convolution === "tiled") {
    const [x] = made.inputs;
    if (otherwise === 0)
      return builder.node("HardSigmoid", [x], { alpha: { float: STEEP }, beta: { float: 0 } });
    const steep = builder.node("Mul", [x, builder.scalar(STEEP)]);
    return builder.node("Clip", [steep, builder.scalar(otherwise), builder.scalar(1)]);
  }
  const mask = builder.node("Cast", [condition], { to: ONNX_TYPE.float32 });
  return otherwise === 0 ? mask : builder.node("Clip", [mask, builder.scalar(otherwise), builder.scalar(1)]);
}

/** c in [0, 1] where `part` was made as c · `whole`, both moved alike or not at all. */
function fractionOf(builder: GraphBuilder, part: string, whole: string): number | null {
  const [product, other] = [builder.producerOf(part), builder.producerOf(whole)];
  if (product?.op === "Transpose" && other?.op === "Transpose") {
    const isSame = JSON.stringify(product.attributes) === JSON.stringify(other.attributes);
    return isSame ? fractionOf(builder, product.inputs[0], other.inputs[0]) : null;
  }
  if (product?.op !== "Mul" || !product.inputs.includes(whole)) return null;
  const factor = product.inputs.find((name) => name !== whole);
  const value = factor === undefined ? undefined : builder.scalarOf(factor);
  return value !== undefined && value >= 0 && value <= 1 ? value : null;
}
