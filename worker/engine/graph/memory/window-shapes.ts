// Output shapes of the ONNX operators that slide a window over images, NC followed by the space.
import type { NodeView } from "./value-shapes.ts";

type Shape = readonly number[];

/** ⌊(size + pads − dilation · (kernel − 1) − 1) / stride⌋ + 1 along each axis; M filters make M channels. */
export function convolved(view: NodeView): Shape {
  const [x, filter] = view.inputs;
  return [x.shape[0], filter.shape[0], ...spaceOf(view, x.shape.slice(2), filter.shape.slice(2), Math.floor)];
}

export function pooled(view: NodeView): Shape {
  const [{ shape }] = view.inputs;
  const round = view.int("ceil_mode", 0) === 1 ? Math.ceil : Math.floor;
  return [...shape.slice(0, 2), ...spaceOf(view, shape.slice(2), view.list("kernel_shape")!, round)];
}

/** stride · (size − 1) + dilation · (kernel − 1) + 1 − pads + output padding; the filter is [C, M / groups, …]. */
export function transposedConvolution(view: NodeView): Shape {
  const [x, filter] = view.inputs;
  const kernel = filter.shape.slice(2);
  const given = view.list("output_shape");
  const pads = view.list("pads") ?? kernel.flatMap(() => [0, 0]);
  const space = x.shape.slice(2).map((size, i) => {
    const stride = view.list("strides")?.[i] ?? 1;
    const reach = (view.list("dilations")?.[i] ?? 1) * (kernel[i] - 1) + 1;
    const extra = view.list("output_padding")?.[i] ?? 0;
    return given?.[i] ?? stride * (size - 1) + reach - pads[i] - pads[i + kernel.length] + extra;
  });
  return [x.shape[0], filter.shape[1] * view.int("group", 1), ...space];
}

function spaceOf(view: NodeView, sizes: Shape, kernel: Shape, round: (value: number) => number): Shape {
  const pads = view.list("pads") ?? kernel.flatMap(() => [0, 0]);
  return sizes.map((size, i) => {
    const stride = view.list("strides")?.[i] ?? 1;
    const reach = (view.list("dilations")?.[i] ?? 1) * (kernel[i] - 1) + 1;
    return round((size + pads[i] + pads[i + kernel.length] - reach) / stride) + 1;
  });
}
