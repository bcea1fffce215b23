// Gradients of convolutions, dilated ones too, and of their gradients.
import * as tf from "@tensorflow/tfjs-core";
import { convolutionOf } from "../../../shared/program/shapes.ts";
import { type Config, type Gradients, gradient } from "./gradient-config.ts";

type Kernel = "Conv2D" | "DepthwiseConv2dNative";
type Run = (inputs: Record<string, tf.Tensor>, attributes: tf.NamedAttrMap) => tf.Tensor;

/** A family of three kernels, each the other two's gradient: y = x ∗ w is linear in x and in w. */
interface Family {
  readonly forward: Run;
  /** dL/dx from dy and w. */
  readonly toInput: Run;
  /** dL/dw from x and dy. */
  readonly toFilter: Run;
}

const FAMILIES: Readonly<Record<Kernel, Family>> = {
  Conv2D: {
    forward: run("Conv2D"),
    toInput: run("Conv2DBackpropInput"),
    toFilter: run("Conv2DBackpropFilter"),
  },
  DepthwiseConv2dNative: {
    forward: run("DepthwiseConv2dNative"),
    toInput: run("DepthwiseConv2dNativeBackpropInput"),
    toFilter: run("DepthwiseConv2dNativeBackpropFilter"),
  },
};

export const CONVOLUTION: Gradients = new Map<string, Config>([
  ["Conv2D", ofForward("Conv2D")],
  ["Conv2DBackpropInput", ofInputGradient("Conv2D")],
  ["Conv2DBackpropFilter", ofFilterGradient("Conv2D")],
  ["DepthwiseConv2dNative", ofForward("DepthwiseConv2dNative")],
  ["DepthwiseConv2dNativeBackpropInput", ofInputGradient("DepthwiseConv2dNative")],
  ["DepthwiseConv2dNativeBackpropFilter", ofFilterGradient("DepthwiseConv2dNative")],
]);

function ofForward(kernel: Kernel): Config {
  const family = FAMILIES[kernel];
  return gradient(["x", "filter"], (dy, [x, filter], attributes) => {
    if (!isDilated(attributes)) {
      return {
        x: () => family.toInput({ dy, filter }, { ...shared(attributes), inputShape: x.shape }),
        filter: () => family.toFilter({ x, dy }, { ...shared(attributes), filterShape: filter.shape }),
      };
    }
    const phases = phasesOf(x, filter, attributes);
    const plain = { strides: [1, 1], pad: "valid", dataFormat: "NHWC", dilations: [1, 1] };
    return {
      x: () =>
        phases.joined(
          family.toInput({ dy: phases.ofOutput(dy), filter }, { ...plain, inputShape: phases.inputShape }),
        ),
      filter: () =>
        family.toFilter(
          { x: phases.ofInput(x), dy: phases.ofOutput(dy) },
          { ...plain, filterShape: filter.shape },
        ),
    };
  });
}

function ofInputGradient(kernel: Kernel): Config {
  const family = FAMILIES[kernel];
  return gradient(["dy", "filter"], (ddx, [dy, filter], attributes) => ({
    dy: () => family.forward({ x: ddx, filter }, undilated(attributes)),
    filter: () => family.toFilter({ x: ddx, dy }, { ...shared(attributes), filterShape: filter.shape }),
  }));
}

function ofFilterGradient(kernel: Kernel): Config {
  const family = FAMILIES[kernel];
  return gradient(["x", "dy"], (ddw, [x, dy], attributes) => ({
    x: () => family.toInput({ dy, filter: ddw }, { ...shared(attributes), inputShape: x.shape }),
    dy: () => family.forward({ x, filter: ddw }, undilated(attributes)),
  }));
}

function run(kernel: string): Run {
  return (inputs, attributes) => tf.engine().runKernel<tf.Tensor>(kernel, inputs, attributes);
}

/** What the three kernels of a family have in common. */
function shared({ strides, pad, dataFormat, dilations, dimRoundingMode }: tf.NamedAttrMap): tf.NamedAttrMap {
  return { strides, pad, dataFormat, dilations: dilations ?? [1, 1], dimRoundingMode };
}

function undilated(attributes: tf.NamedAttrMap): tf.NamedAttrMap {
  return { ...shared(attributes), dilations: [1, 1] };
}

function isDilated({ dilations }: tf.NamedAttrMap): boolean {
  return (
    dilations !== null &&
    dilations !== undefined &&
    !tf.backend_util.tupleValuesAreOne(dilations as [number, number])
  );
}

interface Phases {
  /** [dh · dw · B, rows, columns, channels] */
  readonly inputShape: number[];
  readonly ofInput: (x: tf.Tensor) => tf.Tensor;
  readonly ofOutput: (dy: tf.Tensor) => tf.Tensor;
  /** The inverse of `ofInput`, transposed: what was padding is dropped. */
  readonly joined: (dx: tf.Tensor) => tf.Tensor;
}

/**
 * With dilation (dh, dw), rows of one remainder mod dh meet only each other, columns likewise: dilated by d, a
 * convolution is dh · dw independent plain ones ("space to batch"; Yu & Koltun 2016, "Multi-Scale Context Aggregation by
 * Dilated Convolutions"). Stride is 1 where there is dilation: tfjs has both only one at a time.
 */
function phasesOf(x: tf.Tensor, filter: tf.Tensor, attributes: tf.NamedAttrMap): Phases {
  const info = convolutionOf(x.shape, filter.shape, attributes);
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, padInfo } = info;
  const [dh, dw] = [info.dilationHeight, info.dilationWidth];
  const rows = Math.ceil(outHeight / dh); // of a phase's output
  const columns = Math.ceil(outWidth / dw);
  const inRows = rows + info.filterHeight - 1;
  const inColumns = columns + info.filterWidth - 1;
  const { top, left } = padInfo;
  const bottom = inRows * dh - top - inHeight;
  const right = inColumns * dw - left - inWidth;
  const around = (t: number, b: number, l: number, r: number): [number, number][] => [[0, 0], [t, b], [l, r], [0, 0]]; // prettier-ignore
  const split = (image: tf.Tensor, height: number, width: number): tf.Tensor => {
    const channels = image.shape[3]!;
    const apart = tf.reshape(image, [batchSize, height, dh, width, dw, channels]);
    return tf.reshape(tf.transpose(apart, [2, 4, 0, 1, 3, 5]), [
      dh * dw * batchSize,
      height,
      width,
      channels,
    ]);
  };
  return {
    inputShape: [dh * dw * batchSize, inRows, inColumns, inChannels],
    ofInput: (image) => split(tf.pad(image, around(top, bottom, left, right)), inRows, inColumns),
    ofOutput: (dy) =>
      split(tf.pad(dy, around(0, rows * dh - outHeight, 0, columns * dw - outWidth)), rows, columns),
    joined: (dx) => {
      const apart = tf.reshape(dx, [dh, dw, batchSize, inRows, inColumns, inChannels]);
      const whole = tf.reshape(tf.transpose(apart, [2, 3, 0, 4, 1, 5]), [
        batchSize,
        inRows * dh,
        inColumns * dw,
        inChannels,
      ]);
      return tf.slice(whole, [0, top, left, 0], [batchSize, inHeight, inWidth, inChannels]);
    },
  };
}
