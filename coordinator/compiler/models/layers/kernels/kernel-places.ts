// Where a layer keeps its kernels, and which of their axes are the outputs.
import type { Layer, LayerVariable } from "../tfjs.ts";

/** One kernel of a layer. */
export interface KernelPlace {
  /** The property from which the layer's call() reads it. */
  readonly property: string;
  /** The property with what it is drawn by. */
  readonly initializer: string;
  /** What the names of weights that go with it begin with: nothing where the layer has one kernel. */
  readonly prefix: string;
  /** Axes of the outputs, counted from the last, -1; all others are summed over. */
  readonly outputAxes: readonly number[];
  /** Whether each output is one row that is looked up, not a sum. */
  readonly isLookup?: boolean;
}

/** [.., in, out] as of dense layers and convolutions: also what a user's own layer calls kernel. */
const USUAL: KernelPlace = {
  property: "kernel",
  initializer: "kernelInitializer",
  prefix: "",
  outputAxes: [-1],
};
/** [.., out, in] */
const TRANSPOSED: KernelPlace = { ...USUAL, outputAxes: [-2] };
/** [h, w, in, multiplier]: every channel is convolved by itself. */
const DEPTHWISE: KernelPlace = {
  property: "depthwiseKernel",
  initializer: "depthwiseInitializer",
  prefix: "",
  outputAxes: [-2, -1],
};

const PLACES: Readonly<Record<string, readonly KernelPlace[]>> = {
  Conv2DTranspose: [TRANSPOSED],
  Conv3DTranspose: [TRANSPOSED],
  DepthwiseConv2D: [DEPTHWISE],
  SeparableConv2D: [
    { ...DEPTHWISE, prefix: "depthwise_" },
    { ...USUAL, property: "pointwiseKernel", initializer: "pointwiseInitializer", prefix: "pointwise_" },
  ],
  Embedding: [{ ...USUAL, property: "embeddings", initializer: "embeddingsInitializer", isLookup: true }],
};

/** The kernels of a layer that is built, each with its variable. */
export type BuiltKernel = KernelPlace & { readonly variable: LayerVariable };

/** Before a layer is built, where it will keep its kernels. */
export function kernelPlaces(layer: Layer): readonly KernelPlace[] {
  const className: string | undefined = layer.getClassName();
  return (className !== undefined && Object.hasOwn(PLACES, className) && PLACES[className]) || [USUAL];
}

/**
 * Throws a plain Error, with the remedy, for a layer that keeps none, or keeps them where they cannot be exchanged; whoever
 * runs the layer names it.
 */
export function builtKernels(layer: Layer): readonly BuiltKernel[] {
  const properties = layer as unknown as Readonly<Record<string, unknown>>;
  return kernelPlaces(layer).map((place) => {
    const variable = properties[place.property] as LayerVariable | null | undefined;
    if (variable && layer.weights.includes(variable)) return { ...place, variable };
    const kind = (layer.getClassName() as string | undefined) ?? layer.constructor.name;
    throw new Error(
      `it wraps ${layer.name} (${kind}), which has no kernel of its own: wrap dense layers, convolutions and embeddings, each by itself`,
    );
  });
}

/** Numbers that are summed for one output. */
export function fanIn({ variable, outputAxes, isLookup = false }: BuiltKernel): number {
  const shape = variable.shape as readonly number[];
  const outputs = outputAxes.map((axis) => shape.length + axis);
  return isLookup
    ? 1
    : shape.reduce((product, size, axis) => (outputs.includes(axis) ? product : product * size), 1);
}
