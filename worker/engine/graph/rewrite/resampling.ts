// Resampling by whole factors, as it stands in a program: each pixel repeated, or blocks of pixels added up.
import type { Call } from "../../../../shared/program/program.ts";
import { poolingOf } from "../../../../shared/program/shapes.ts";
import { type ProgramEditor, isSameShape } from "./program-editor.ts";

/** An image [B, H, W, C], and how many pixels become one, or one becomes, on each axis. */
export interface Resampled {
  readonly image: number;
  readonly rows: number;
  readonly columns: number;
}

/** A block added up, of which each pixel counts `weight`: 1, or its share of a mean. */
export interface Pooled extends Resampled {
  readonly weight: number;
}

/** `value` [B, sH, tW, C] repeats each pixel of the image s times down and t times across; null where it does not. */
export function repeatOf(editor: ProgramEditor, value: number): Resampled | null {
  const outer = editor.makerOf(editor.plain(value));
  if (outer?.kernel !== "Reshape") return null;
  const add = editor.makerOf(outer.inputs["x"]);
  if (add?.kernel !== "Add") return null;
  const { a, b } = add.inputs;
  const [spread, zeros] = editor.isZero(b) ? [a, b] : [b, a];
  if (!editor.isZero(zeros)) return null;
  const inner = editor.makerOf(spread);
  if (inner?.kernel !== "Reshape") return null;
  const image = inner.inputs["x"];
  const [rows, columns] = [editor.shapeOf(zeros)[1], editor.shapeOf(zeros)[3]];
  const isMeant =
    areBlocks(editor, value, image, [rows, columns]) &&
    isSameShape(editor.shapeOf(zeros), [1, rows, 1, columns, 1]) &&
    isSameShape(editor.shapeOf(spread), pixelsOf(editor.shapeOf(image)));
  return isMeant && editor.dtypeOf(image) === "float32" ? { image, rows, columns } : null;
}

/** What repeating each pixel of a result has for its gradient: each block of `image` [B, sH, tW, C] becomes its sum in `value` [B, H, W, C]. */
export function sumOf(editor: ProgramEditor, value: number): Pooled | null {
  const sum = editor.makerOf(behindReshapes(editor, value));
  if (sum?.kernel !== "Sum" || !isSameShape(sum.attributes["axis"] as number[], [1, 3])) return null;
  const inner = editor.makerOf(sum.inputs["x"]);
  if (inner?.kernel !== "Reshape") return null;
  const image = inner.inputs["x"];
  const blocks = editor.shapeOf(sum.inputs["x"]);
  if (blocks.length !== 5 || editor.shapeOf(image).length !== 4) return null;
  const [rows, columns] = [blocks[1], blocks[3]];
  const [batch, high] = editor.shapeOf(value);
  const isMeant = areBlocks(editor, image, value, [rows, columns]) && blocks[0] === batch * high;
  return isMeant ? { image, rows, columns, weight: 1 } : null;
}

/** Average pooling over windows that lie side by side and cover the image. */
export function meanOf(editor: ProgramEditor, call: Call): Pooled | null {
  if (call.kernel !== "AvgPool") return null;
  const [image, value] = [call.inputs["x"], call.outputs[0]];
  if (editor.dtypeOf(image) !== "float32") return null;
  const {
    filterHeight: rows,
    filterWidth: columns,
    strideHeight,
    strideWidth,
  } = poolingOf(editor.shapeOf(image), call.attributes);
  const isMeant =
    rows === strideHeight && columns === strideWidth && areBlocks(editor, image, value, [rows, columns]);
  return isMeant ? { image, rows, columns, weight: 1 / (rows * columns) } : null;
}

/** A gradient of broadcasting is reshaped back in several calls. */
function behindReshapes(editor: ProgramEditor, value: number): number {
  const call = editor.makerOf(value);
  return call?.kernel === "Reshape" ? behindReshapes(editor, call.inputs["x"]) : value;
}

/** `large` [B, sH, tW, C] has a block for each pixel of `small` [B, H, W, C]. */
function areBlocks(
  editor: ProgramEditor,
  large: number,
  small: number,
  [rows, columns]: readonly [number, number],
): boolean {
  const [shape, of] = [editor.shapeOf(large), editor.shapeOf(small)];
  if (shape.length !== 4 || of.length !== 4) return false;
  return isSameShape(shape, [of[0], rows * of[1], columns * of[2], of[3]]);
}

function pixelsOf([batch, height, width, channels]: readonly number[]): number[] {
  return [batch * height, 1, width, 1, channels];
}
