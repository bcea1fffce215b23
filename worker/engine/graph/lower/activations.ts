// Activations, as tfjs defines them at their kinks.
import { backend_util } from "../../../../shared/program/tfjs-core.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import type { Lowerings } from "./lowering.ts";
import { boolsAsIntegers, inFloat32 } from "./types.ts";

const { SELU_SCALE, SELU_SCALEALPHA } = backend_util;

export const activations: Lowerings = {
  Relu: boolsAsIntegers((builder, { inputs: { x } }) => builder.node("Relu", [x.name])),
  Relu6: inFloat32((builder, { inputs: { x } }) =>
    builder.node("Clip", [x.name, builder.scalar(0), builder.scalar(6)]),
  ),
  Sigmoid: inFloat32((builder, { inputs: { x } }) => sigmoid(builder, x.name)),
  // exp(x) - 1 as it stands, to 6e-8 of 1: a sum of activations does not see more.
  Elu: inFloat32((builder, { inputs: { x } }) => builder.node("Elu", [x.name], { alpha: { float: 1 } })),
  Selu: inFloat32((builder, { inputs: { x } }) =>
    builder.node("Selu", [x.name], {
      alpha: { float: SELU_SCALEALPHA / SELU_SCALE },
      gamma: { float: SELU_SCALE },
    }),
  ),
  LeakyRelu: inFloat32((builder, { inputs: { x }, attributes }) =>
    builder.node("LeakyRelu", [x.name], { alpha: { float: attributes["alpha"] as number } }),
  ),
  Prelu: inFloat32((builder, { inputs: { x, alpha } }) => {
    const positive = builder.node("Greater", [x.name, builder.scalar(0)]);
    return builder.node("Where", [positive, x.name, builder.node("Mul", [x.name, alpha.name])]);
  }),
  Softmax: inFloat32((builder, { inputs: { logits } }) =>
    builder.node("Softmax", [logits.name], { axis: -1 }),
  ),
};

/**
 * 1 / (1 + exp(-x)). ONNX Runtime's own Sigmoid is a polynomial that is exact to 1e-8 of 1 and no more: 0.6 % off at
 * -12 and 0 from -18 on, where the logarithm of a probability needs it.
 */
function sigmoid(builder: GraphBuilder, x: string): string {
  const power = builder.node("Exp", [builder.node("Neg", [x])]);
  return builder.node("Reciprocal", [builder.node("Add", [power, builder.scalar(1)])]);
}
