// Convolutions padded by a number, which tfjs-node's kernels refuse, as padding or slicing around an unpadded one.
import { GanglionError } from "../../../shared/errors.ts";
import type { Call, Program, ValueSpec } from "../../../shared/program/program.ts";
import { convolutionOf } from "../../../shared/program/shapes.ts";

type Pairs = readonly (readonly [before: number, after: number])[];

/**
 * The same program with `valid` convolutions only where one was padded explicitly:
 *
 *   Conv2D(x)               = valid(pad(x))            depthwise and grouped ones alike
 *   Conv2DBackpropFilter(x) = valid(pad(x))
 *   Conv2DBackpropInput(dy) = slice(valid(dy))         the gradient of the padding is cut off
 *
 * @throws GanglionError UNSUPPORTED_KERNEL for pooling that is padded by a number
 */
export function withoutExplicitPadding(program: Program): Program {
  const values: ValueSpec[] = [...program.values];
  const addValue = (shape: readonly number[]): number => values.push({ shape, dtype: "float32" }) - 1;

  function rewritten(call: Call): Call[] {
    const { kernel, inputs, attributes, outputs, origin } = call;
    if (!("pad" in attributes) || typeof attributes["pad"] === "string") return [call];
    const valid = { ...attributes, pad: "valid" };
    switch (kernel) {
      case "Conv2D":
      case "Conv2DBackpropFilter":
      case "DepthwiseConv2dNative":
      case "DepthwiseConv2dNativeBackpropFilter":
      case "GroupedConv2D":
      case "GroupedConv2DBackpropFilter": {
        const { shape } = values[inputs["x"]];
        const filter = "filter" in inputs ? values[inputs["filter"]].shape : attributes["filterShape"];
        const paddings = paddingsOf(call, shape, filter as readonly number[]);
        const padded = addValue(grown(shape, paddings));
        return [
          {
            kernel: "PadV2",
            inputs: { x: inputs["x"] },
            attributes: { paddings, constantValue: 0 },
            outputs: [padded],
            origin,
          },
          { ...call, inputs: { ...inputs, x: padded }, attributes: valid },
        ];
      }
      case "Conv2DBackpropInput":
      case "DepthwiseConv2dNativeBackpropInput":
      case "GroupedConv2DBackpropInput": {
        const shape = attributes["inputShape"] as readonly number[];
        const paddings = paddingsOf(call, shape, values[inputs["filter"]].shape);
        const inputShape = grown(shape, paddings);
        const whole = addValue(inputShape);
        const begin = paddings.map(([before]) => before);
        return [
          { ...call, attributes: { ...valid, inputShape }, outputs: [whole] },
          { kernel: "Slice", inputs: { x: whole }, attributes: { begin, size: shape }, outputs, origin },
        ];
      }
      default:
        throw new GanglionError(
          "UNSUPPORTED_KERNEL",
          `engine tensorflow has no ${kernel} with padding ${JSON.stringify(attributes["pad"])}${origin && `, used by ${origin}`}: use "same" or "valid", or --engine reference`,
        );
    }
  }

  const calls = program.calls.flatMap(rewritten);
  return { ...program, values, calls };
}

/** How much is added before and after, for [B, H, W, C]. (The tracer refuses windows that overhang: none is cut off.) */
function paddingsOf(call: Call, input: readonly number[], filter: readonly number[]): Pairs {
  const { padInfo } = convolutionOf(input, filter, call.attributes);
  return [
    [0, 0],
    [padInfo.top, padInfo.bottom],
    [padInfo.left, padInfo.right],
    [0, 0],
  ];
}

function grown(shape: readonly number[], paddings: Pairs): number[] {
  return shape.map((size, i) => size + paddings[i][0] + paddings[i][1]);
}
