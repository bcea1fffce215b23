// The labels of an IDX file: one whole number an image, of whatever width.
import { GanglionError } from "../../errors.ts";
import type { Labels } from "../labels.ts";
import { sharedLabels } from "../shared-memory.ts";
import { ELEMENT_BYTES, type ElementType, readIdxFile } from "./idx-file.ts";

/** QMNIST's rows: class, writer's partition, writer, digit, … */
const QMNIST_COLUMNS = 8;

/**
 * The labels of `count` images, from [N] or [N, 1] whole numbers, or from QMNIST's [N, 8] int32, whose first column
 * is the class.
 *
 * @throws GanglionError DATA: not these, not as many, below 0, or what `readIdxFile` throws
 */
export async function readIdxLabels(file: string, count: number, imageFile: string): Promise<Labels> {
  const { type, dims, data } = await readIdxFile(file, [1, 2], ["ubyte", "byte", "short", "int"]);
  const [rows, columns = 1] = dims;
  if (rows !== count) {
    throw new GanglionError(
      "DATA",
      `${file} has ${rows} labels but ${imageFile} has ${count} images: use the two files of one data set`,
    );
  }
  if (columns !== 1 && !(columns === QMNIST_COLUMNS && type === "int")) {
    throw new GanglionError(
      "DATA",
      `${file} has ${columns} numbers for each image: give one label an image, as whole numbers in one dimension (rows of 0 and 1 are not read)`,
    );
  }
  if (type === "ubyte") return data;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const stride = ELEMENT_BYTES[type] * columns;
  const labels = Array.from({ length: rows }, (_, i) => readInteger(view, type, i * stride));
  const least = labels.reduce((low, label) => Math.min(low, label), 0);
  if (least < 0)
    throw new GanglionError("DATA", `${file} has the label ${least}: give labels from 0 upwards`);
  return sharedLabels(labels);
}

function readInteger(view: DataView, type: ElementType, at: number): number {
  switch (type) {
    case "ubyte":
      return view.getUint8(at);
    case "byte":
      return view.getInt8(at);
    case "short":
      return view.getInt16(at);
    case "int":
      return view.getInt32(at);
    default:
      return type satisfies never;
  }
}
