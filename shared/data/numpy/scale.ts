// What the values of an array of images mean, as bytes: decided by their type, and by the least and greatest of them.
import { GanglionError } from "../../errors.ts";
import type { OnProgress } from "../format.ts";
import type { NumpyArray } from "./arrays.ts";
import { elementsOf } from "./elements.ts";

/** byte = round((value - zero) · factor) */
export interface Scale {
  readonly zero: number;
  readonly factor: number;
  /** Told at the start; null for bytes, which are what they are. */
  readonly note: string | null;
}

/** Less than half a grey level of 0 … 1: what rounding moved over the edge by that still rounds to the edge. */
const SLACK = 1e-4;

/**
 * The scale of all the arrays, which are the splits of one data set. Bytes are not looked at, other arrays are read through.
 *
 * @throws GanglionError DATA: a value that is not finite, with its place, or a range that is none of images'
 */
export async function findScale(arrays: readonly NumpyArray[], onProgress?: OnProgress): Promise<Scale> {
  const [{ type, what }] = arrays;
  const other = arrays.find((array) => array.type !== type);
  if (other)
    throw new GanglionError(
      "DATA",
      `${other.what} has elements of type ${other.type} and ${what} of ${type}: save both splits with one type`,
    );
  if (type === "u1") return { zero: 0, factor: 1, note: null };
  if (type === "b1") return { zero: 0, factor: 255, note: "false and true are black and white" };
  const { least, greatest } = await findRange(arrays, onProgress);
  const range = `the values of ${arrays.map(({ name }) => name).join(" and ")} go from ${short(least)} to ${short(greatest)}`;
  const within = (low: number, high: number): boolean => least >= low - SLACK && greatest <= high + SLACK;
  const scales: readonly (readonly [number, number])[] = type.startsWith("f")
    ? [
        [0, 1],
        [-1, 1],
        [0, 255],
      ]
    : type === "u2"
      ? [
          [0, 255],
          [0, 65_535],
        ]
      : [[0, 255]];
  const found = scales.find(([low, high]) => within(low, high));
  if (found) {
    const [low, high] = found;
    const note = `${range}: taken as ${low} … ${high}, black to white`;
    return { zero: low, factor: 255 / (high - low), note };
  }
  const wanted = scales.map(([low, high]) => `${low} … ${high}`).join(", ");
  throw new GanglionError(
    "DATA",
    `${range} (${type} in ${what}), which is none of the ranges of images (${wanted}): scale the array to one of them, or save it as uint8`,
  );
}

async function findRange(
  arrays: readonly NumpyArray[],
  onProgress?: OnProgress,
): Promise<{ readonly least: number; readonly greatest: number }> {
  const total = arrays.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  let [least, greatest, done] = [Infinity, -Infinity, 0];
  for (const array of arrays) {
    let at = 0;
    for await (const values of elementsOf(array)) {
      for (let i = 0; i < values.length; i++) {
        const value = values[i];
        if (!Number.isFinite(value))
          throw new GanglionError(
            "DATA",
            `${array.what} has the value ${value} ${placeOf(at + i, array.shape)}: leave that image out, or mend it`,
          );
        if (value < least) least = value;
        if (value > greatest) greatest = value;
      }
      at += values.length;
      onProgress?.("finding the range of the values", done + at, total);
    }
    done += at;
  }
  return { least, greatest };
}

/** `at [3, 0, 5]`, as NumPy would be asked for it */
function placeOf(index: number, shape: readonly number[]): string {
  const place: number[] = [];
  let rest = index;
  for (const size of shape.toReversed()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `at [${place.join(", ")}]`;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)));
}
