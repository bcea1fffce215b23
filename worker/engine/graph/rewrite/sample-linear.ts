// Kernels through which the scale of a sample passes: f(s ⊙ x) = s ⊙ f(x), for a number s of each sample.
import { util } from "@tensorflow/tfjs-core";
import { type Attribute, type Call, type ValueSpec, sizeOf } from "../../../../shared/program/program.ts";
import { REPEAT_PIXELS, SUM_PIXELS } from "./pixel-blocks.ts";

type Shape = readonly number[];

/** Where in a value a sample's elements lie: element i, row-major, is sample ⌊i / inner⌋ mod count's. A reshape leaves that. */
export interface Samples {
  readonly count: number;
  readonly inner: number;
}

interface Shapes {
  readonly inputs: Readonly<Record<string, Shape>>;
  readonly output: Shape;
  readonly attributes: Readonly<Record<string, Attribute>>;
}

/** How samples lie in the result where they lie so in the inputs of these names; null where they are mixed, or unknown. */
type Rule = (shapes: Shapes, scaled: ReadonlyMap<string, Samples>) => Samples | null;

/**
 * How samples lie in a call's result, if that is s ⊙ f(…) where the call is given s ⊙ x for each of the inputs named in `scaled`;
 * else null. No sample's result may depend on another sample then.
 */
export function passesScale(
  { kernel, inputs, outputs, attributes }: Call,
  values: readonly ValueSpec[],
  scaled: ReadonlyMap<string, Samples>,
): Samples | null {
  const rule = RULES[kernel];
  const [output] = outputs;
  if (!rule || outputs.length !== 1 || values[output].dtype !== "float32") return null;
  const shapes = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, values[value].shape]),
  );
  return rule({ inputs: shapes, output: values[output].shape, attributes }, scaled);
}

/** The axis that the samples are; -1 where it has been joined with others. */
export function sampleAxis(shape: Shape, { count, inner }: Samples): number {
  return shape.findIndex((size, axis) => size === count && sizeOf(shape.slice(axis + 1)) === inner);
}

function along(shape: Shape, axis: number, count: number): Samples | null {
  return axis >= 0 && shape[axis] === count ? { count, inner: sizeOf(shape.slice(axis + 1)) } : null;
}

/** Linear in one input, whose samples lie along axis 0 and in the result too. */
const only =
  (name: string, isLinear: (shapes: Shapes) => boolean = () => true): Rule =>
  (shapes, scaled) => {
    const samples = scaled.size === 1 ? scaled.get(name) : undefined;
    if (!samples || sampleAxis(shapes.inputs[name], samples) !== 0 || !isLinear(shapes)) return null;
    return along(shapes.output, 0, samples.count);
  };

/** Element by element, linear in all scaled operands together: broadcast from the right, they keep their axes. */
const elementwise =
  (isLinear: (names: ReadonlySet<string>, all: readonly string[]) => boolean): Rule =>
  ({ inputs, output }, scaled) => {
    if (!isLinear(new Set(scaled.keys()), Object.keys(inputs))) return null;
    const results = [...scaled].map(([name, samples]) => {
      if (inputs[name].join() === output.join()) return samples;
      if (inputs[name].length !== output.length) return null;
      return along(output, sampleAxis(inputs[name], samples), samples.count);
    });
    const [first] = results;
    return first && results.every((next) => next?.inner === first.inner) ? first : null;
  };

const sum = elementwise((names, all) => names.size === all.length);
const moved: Rule = (_shapes, scaled) => [...scaled.values()][0];

const reduction = only("x", ({ inputs, attributes }) => {
  const axes = (attributes["axis"] ?? attributes["reductionIndices"]) as number | number[];
  return !util.parseAxisParam(axes, [...inputs["x"]]).includes(0);
});

const RULES: Readonly<Record<string, Rule | undefined>> = {
  AvgPool: only("x"),
  Conv2D: only("x"),
  Conv2DBackpropInput: only("dy"),
  DepthwiseConv2dNative: only("x"),
  DepthwiseConv2dNativeBackpropInput: only("dy"),
  GroupedConv2D: only("x"),
  GroupedConv2DBackpropInput: only("dy"),
  MaxPoolGrad: only("dy"),
  PadV2: only("x", ({ attributes }) => (attributes["constantValue"] ?? 0) === 0),
  [REPEAT_PIXELS]: only("x"),
  Slice: only("x"),
  [SUM_PIXELS]: only("x"),
  Tile: only("x"),
  Sum: reduction,
  Mean: reduction,
  Cast: moved,
  ExpandDims: moved,
  Neg: moved,
  Reshape: moved,
  Transpose: ({ inputs, output, attributes }, scaled) => {
    const samples = scaled.get("x")!;
    const axis = (attributes["perm"] as number[]).indexOf(sampleAxis(inputs["x"], samples));
    return along(output, axis, samples.count);
  },
  Add: sum,
  AddN: sum,
  Sub: sum,
  Select: elementwise((names, all) => !names.has("condition") && names.size === all.length - 1),
  Multiply: elementwise((names) => names.size === 1),
  RealDiv: elementwise((names) => names.size === 1 && names.has("a")),
  Concat: ({ inputs, output, attributes }, scaled) => {
    const names = Object.keys(inputs);
    const isFirst = names.every(
      (name) => scaled.has(name) && sampleAxis(inputs[name], scaled.get(name)!) === 0,
    );
    return isFirst && attributes["axis"] !== 0 ? along(output, 0, scaled.get(names[0])!.count) : null;
  },
  /** Samples are rows of a, or lie within the columns of b, or each has a product of its own. */
  BatchMatMul: ({ inputs, output, attributes }, scaled) => {
    if (scaled.size !== 1) return null;
    const [[name, samples]] = scaled;
    const shape = inputs[name];
    const columns = shape.at(-1)!;
    const isColumns =
      name === "b" && attributes["transposeB"] !== true && columns % (samples.count * samples.inner) === 0;
    if (isColumns) return samples;
    const axis = sampleAxis(shape, samples);
    const isRows = name === "a" && attributes["transposeA"] !== true && axis === shape.length - 2;
    if (axis < 0 || shape.length !== output.length) return null;
    return isRows || axis < shape.length - 2 ? along(output, axis, samples.count) : null;
  },
};
