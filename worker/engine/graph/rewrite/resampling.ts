// Resampling by whole factors, as it stands in a program: each pixel repeated, or blocks of pixels added up.
import type { Call } from "../../../../shared/program/program.ts";
import { poolingOf } from "../../../../shared/program/shapes.ts";
import { REPEAT_PIXELS, SUM_PIXELS } from "./pixel-blocks.ts";
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

/** What `value` repeats the pixels of; null where it does not. */
export function repeatOf(editor: ProgramEditor, value: number): Resampled | null {
  const call = editor.makerOf(editor.plain(value));
  return call?.kernel === REPEAT_PIXELS ? { image: call.inputs["x"], ...blocksOf(call) } : null;
}

/** Sums of blocks, or average pooling over windows that lie side by side and cover the image; null for other calls. */
export function pooledBy(editor: ProgramEditor, call: Call): Pooled | null {
  const image = call.inputs["x"];
  if (call.kernel === SUM_PIXELS) return { image, ...blocksOf(call), weight: 1 };
  if (call.kernel !== "AvgPool" || editor.dtypeOf(image) !== "float32") return null;
  const [batch, height, width, channels] = editor.shapeOf(call.outputs[0]);
  const pool = poolingOf(editor.shapeOf(image), call.attributes);
  const { filterHeight: rows, filterWidth: columns } = pool;
  const isMeant =
    rows === pool.strideHeight &&
    columns === pool.strideWidth &&
    isSameShape(editor.shapeOf(image), [batch, rows * height, columns * width, channels]);
  return isMeant ? { image, rows, columns, weight: 1 / (rows * columns) } : null;
}

function blocksOf({ attributes }: Call): Pick<Resampled, "rows" | "columns"> {
  return { rows: attributes["rows"] as number, columns: attributes["columns"] as number };
}
