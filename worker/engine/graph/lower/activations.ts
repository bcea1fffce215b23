// Activations, as tfjs defines them at their kinks.
import { backend_util } from "@tensorflow/tfjs-core";
import type { Lowerings } from "./lowering.ts";
import { boolsAsIntegers, inFloat32 } from "./types.ts";

const { SELU_SCALE, SELU_SCALEALPHA } = backend_util;

export const activations: Lowerings = {
  Relu: boolsAsIntegers((builder, { inputs: { x } }) => builder.node("Relu", [x.name])),
  Relu6: inFloat32((builder, { inputs: { x } }) =>
    builder.node("Clip", [x.name, builder.scalar(0), builder.scalar(6)]),
  ),
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
