// A convolution of an image whose pixels were repeated, or of which blocks are averaged, is one convolution of the small image.
//
//   pooling:    Σ_d y[s·i + d]  with  y[o] = Σ_k x[o + k - p]·w[k]      =  Σ_j x[s·i + j - p]·W[j],    W[j] = Σ_d w[j - d]
//
// a stride of s over taps + s - 1 taps (d < s). Repeating is pooling's transpose, and a convolution's gradient by its image is
// the convolution's, so each of the other kernels follows from this one. 3×3 taps and s = 2 need 16 products for a block of
// four pixels, not 36, and what lies between is never written. (Odena et al. 2016 for resize-convolutions; Shi et al. 2016
// for the sub-pixel form; residual GANs have one of either in every block.)
import type { Call, Program } from "../../../../shared/program/program.ts";
import { convolutionOf } from "../../../../shared/program/shapes.ts";
import { ProgramEditor, isSameShape } from "./program-editor.ts";
import { SUM_PIXELS } from "./pixel-blocks.ts";
import { type Resampled, pooledBy, repeatOf } from "./resampling.ts";
import { type Stretches, shrunk, stretched } from "./stretched-filter.ts";

/** Larger blocks are left as they are: more phases of the filter than a cut into tiles is good for. */
const MOST_ON_AN_AXIS = 4;

/** A program `withPixelBlocks`, with such pairs as one convolution each; what nothing reads any more is left for the lowering to drop. */
export function foldResampling(program: Program): Program {
  const editor = new ProgramEditor(program);
  for (const call of program.calls) if (!replace(editor, call)) editor.keep(call);
  return editor.program();
}

/** Whether other calls took this one's place. */
function replace(editor: ProgramEditor, call: Call): boolean {
  switch (call.kernel) {
    case "Conv2D":
      return replaceRepeated(editor, call, "x");
    case "Conv2DBackpropInput":
      return replaceRepeated(editor, call, "dy");
    case "Conv2DBackpropFilter":
      return replaceFilterGradient(editor, call);
    case "AvgPool":
    case SUM_PIXELS:
      return replacePooled(editor, call);
    case "Sum":
      return replaceWholeSum(editor, call);
    default:
      return false;
  }
}

/** A plain convolution of stride 1, the image on its one side being `factor` times as large on each axis. */
interface Plain {
  readonly taps: readonly [number, number];
  /** Zeros around the image: top, bottom, left, right. */
  readonly pads: readonly [number, number, number, number];
}

function plainOf(
  image: readonly number[],
  filter: readonly number[],
  attributes: Call["attributes"],
): Plain | null {
  const conv = convolutionOf(image, filter, attributes);
  const { top, bottom, left, right } = conv.padInfo;
  const taps = [conv.filterHeight, conv.filterWidth] as const;
  const isPlain =
    conv.strideHeight * conv.strideWidth * conv.dilationHeight * conv.dilationWidth === 1 &&
    conv.outHeight === conv.inHeight + top + bottom - taps[0] + 1 &&
    conv.outWidth === conv.inWidth + left + right - taps[1] + 1 &&
    taps[0] * taps[1] > 1 && // one tap is cheaper on the small image, and then resampled
    Math.max(top, bottom) < taps[0] &&
    Math.max(left, right) < taps[1];
  return isPlain ? { taps, pads: [top, bottom, left, right] } : null;
}

/** A filter's change, and the strided convolution that has it: of [B, sH, tW, ·] to [B, H, W, ·]. */
interface Strided {
  readonly stretches: Stretches;
  readonly attributes: Readonly<Record<string, Call["attributes"][string]>>;
}

/**
 * @param side where the resampling is: of the convolution's image (repeated before it, summed in its gradient), or of its result
 */
function stridedOf(
  { taps, pads }: Plain,
  { rows, columns }: Resampled,
  weight: number,
  side: "image" | "result",
): Strided | null {
  if (Math.max(rows, columns) > MOST_ON_AN_AXIS) return null;
  const isImage = side === "image";
  const stretch = (axis: 0 | 1, factor: number) => ({
    taps: taps[axis],
    factor,
    weight: axis === 0 ? weight : 1,
    isFlipped: isImage,
  });
  const [top, bottom, left, right] = isImage
    ? [taps[0] - 1 - pads[0], taps[0] - 1 - pads[1], taps[1] - 1 - pads[2], taps[1] - 1 - pads[3]]
    : pads;
  return {
    stretches: { rows: stretch(0, rows), columns: stretch(1, columns), isTurned: isImage },
    attributes: {
      strides: [rows, columns],
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
      dataFormat: "NHWC",
      dilations: [1, 1],
    },
  };
}

/** A convolution, or its gradient by the image, of what only repeats the pixels of a smaller one. */
function replaceRepeated(editor: ProgramEditor, call: Call, operand: "x" | "dy"): boolean {
  const repeated = repeatOf(editor, call.inputs[operand]);
  const [filter, output] = [call.inputs["filter"], call.outputs[0]];
  const large = operand === "x" ? call.inputs["x"] : output;
  const plain = repeated && plainOf(editor.shapeOf(large), editor.shapeOf(filter), call.attributes);
  const strided = plain && stridedOf(plain, repeated, 1, operand === "x" ? "image" : "result");
  if (!strided || !repeated) return false;
  const wide = stretched(editor, filter, strided.stretches, call.origin);
  const shape = editor.shapeOf(output);
  const attributes = { ...strided.attributes, inputShape: shape };
  editor.call("Conv2DBackpropInput", { dy: repeated.image, filter: wide }, attributes, {
    origin: call.origin,
    shape,
    output,
  });
  return true;
}

/** What blocks of a convolution's result, or of its gradient by the image, come to; a bias may stand between. */
function replacePooled(editor: ProgramEditor, call: Call): boolean {
  const pooled = pooledBy(editor, call);
  if (!pooled) return false;
  const [output] = call.outputs;
  const { convolution, bias } = producerOf(editor, pooled.image);
  if (!convolution || (bias !== null && pooled.weight === 1)) return false;
  const isForward = convolution.kernel === "Conv2D";
  const filter = convolution.inputs["filter"];
  const large = isForward ? convolution.inputs["x"] : convolution.outputs[0];
  const plain = plainOf(editor.shapeOf(large), editor.shapeOf(filter), convolution.attributes);
  const strided = plain && stridedOf(plain, pooled, pooled.weight, isForward ? "result" : "image");
  if (!strided) return false;
  const { origin } = convolution;
  const wide = stretched(editor, filter, strided.stretches, origin);
  const shape = editor.shapeOf(output);
  const x = isForward ? convolution.inputs["x"] : convolution.inputs["dy"];
  const place = { origin, shape };
  const last = { ...place, output };
  const result = editor.call("Conv2D", { x, filter: wide }, strided.attributes, bias === null ? last : place);
  if (bias !== null) editor.call("Add", { a: result, b: bias }, {}, last);
  return true;
}

/** The convolution whose result this is, where nothing else reads it, with or without a bias for each channel. */
function producerOf(
  editor: ProgramEditor,
  value: number,
): { readonly convolution: Call | null; readonly bias: number | null } {
  const none = { convolution: null, bias: null };
  const alone = (from: number): Call | undefined =>
    editor.isUsedOnce(from) ? editor.makerOf(editor.plain(from, true)) : undefined;
  const maker = alone(value);
  if (maker?.kernel === "Conv2D" || maker?.kernel === "Conv2DBackpropInput")
    return { convolution: maker, bias: null };
  if (maker?.kernel !== "Add") return none;
  const { a, b } = maker.inputs;
  const [sum, bias] = editor.shapeOf(a).length === 4 ? [a, b] : [b, a];
  const shape = editor.shapeOf(value);
  if (!isSameShape(editor.shapeOf(bias), shape.slice(-1)) || !isSameShape(editor.shapeOf(sum), shape))
    return none;
  const convolution = alone(sum);
  return convolution?.kernel === "Conv2D" ? { convolution, bias } : none;
}

/** The gradient by the filter, where the image or the result's gradient repeats pixels. */
function replaceFilterGradient(editor: ProgramEditor, call: Call): boolean {
  const { x, dy } = call.inputs;
  const [output] = call.outputs;
  const plain = plainOf(editor.shapeOf(x), editor.shapeOf(output), call.attributes);
  if (!plain) return false;
  const [ofImage, ofResult] = [repeatOf(editor, x), repeatOf(editor, dy)];
  const repeated = ofImage ?? ofResult;
  const strided = repeated && stridedOf(plain, repeated, 1, ofImage ? "image" : "result");
  if (!strided || !repeated) return false;
  const [, , channels, outChannels] = editor.shapeOf(output);
  const taps = [plain.taps[0] + repeated.rows - 1, plain.taps[1] + repeated.columns - 1];
  const shape = [...taps, ...(ofImage ? [outChannels, channels] : [channels, outChannels])];
  const operands = ofImage ? { x: dy, dy: repeated.image } : { x, dy: repeated.image };
  const attributes = { ...strided.attributes, filterShape: shape };
  const wide = editor.call("Conv2DBackpropFilter", operands, attributes, { origin: call.origin, shape });
  shrunk(editor, wide, strided.stretches, call.origin, output);
  return true;
}

/** The gradient of a bias: the sum over all pixels, each repeated so many times. */
function replaceWholeSum(editor: ProgramEditor, call: Call): boolean {
  const repeated = repeatOf(editor, call.inputs["x"]);
  const axes = call.attributes["axis"];
  if (!repeated || !Array.isArray(axes) || !isSameShape(axes as number[], [0, 1, 2])) return false;
  const { origin } = call;
  const [output] = call.outputs;
  const shape = editor.shapeOf(output);
  const sum = editor.call("Sum", { x: repeated.image }, call.attributes, { origin, shape });
  const times = editor.constant([], Float32Array.of(repeated.rows * repeated.columns));
  editor.call("Multiply", { a: sum, b: times }, {}, { origin, shape, output });
  return true;
}
