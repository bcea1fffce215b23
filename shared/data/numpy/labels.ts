// An array's labels: whole numbers, one an image, or rows with a single 1.
import { GanglionError } from "../../errors.ts";
import type { Labels } from "../labels.ts";
import { sharedLabels } from "../shared-memory.ts";
import type { NumpyArray } from "./arrays.ts";
import { checkReadable, elementsOf } from "./elements.ts";

export interface ReadLabels {
  readonly labels: Labels;
  readonly notes: readonly string[];
}

/**
 * [N], [N, 1], or [N, K] with a single 1 in each row (one-hot).
 *
 * @throws GanglionError DATA: not as many as images, not whole numbers from 0, or rows that are none of these
 */
export async function readLabels(array: NumpyArray, images: NumpyArray, count: number): Promise<ReadLabels> {
  const { what, shape } = array;
  const [rows, columns = 1] = shape;
  if (shape.length > 2 || rows !== count)
    throw new GanglionError(
      "DATA",
      `${what} has the shape [${shape.join(", ")}] and ${images.what} has ${count} images: give one label an image`,
    );
  if (/^[SU]\d+$/.test(array.type))
    throw new GanglionError(
      "DATA",
      `${what} has labels that are texts (${array.type}): save numbers, such as np.unique(labels, return_inverse=True)[1]`,
    );
  checkReadable(array);
  const values: number[] = [];
  for await (const piece of elementsOf(array)) for (const value of piece) values.push(value);
  const wrong = values.findIndex((value) => !Number.isInteger(value) || value < 0 || value >= 2 ** 31);
  if (wrong >= 0)
    throw new GanglionError(
      "DATA",
      `${what} has the label ${values[wrong]} at image ${Math.floor(wrong / columns)}: give whole numbers from 0 upwards`,
    );
  if (columns === 1) return { labels: sharedLabels(values), notes: [] };
  return {
    labels: sharedLabels(
      Array.from({ length: rows }, (_, row) => indexOfOne(values, row, { columns, what })),
    ),
    notes: [`the labels are rows of ${columns} with a single 1 each, whose place is the label`],
  };
}

function indexOfOne(
  values: readonly number[],
  row: number,
  { columns, what }: { readonly columns: number; readonly what: string },
): number {
  const cells = values.slice(row * columns, (row + 1) * columns);
  const place = cells.indexOf(1);
  if (place >= 0 && cells.every((cell, i) => cell === (i === place ? 1 : 0))) return place;
  throw new GanglionError(
    "DATA",
    `${what} has ${columns} numbers for image ${row}, and not a single 1 among 0s: give one label an image`,
  );
}
