// The elements of an array as JavaScript's numbers, whatever their width and byte order.
import { GanglionError } from "../../errors.ts";
import { type NumpyArray, elementBytesOf } from "./arrays.ts";

type Read = (view: DataView, at: number, isLittleEndian: boolean) => number;

const READERS: Readonly<Record<string, Read>> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  f2: (view, at, little) => halfOf(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
};

/**
 * Whether arrays of this kind can be read.
 *
 * @throws GanglionError DATA with the reason and how to save it instead
 */
export function checkReadable({ what, type, isFortran, shape }: NumpyArray): void {
  if (type.startsWith("O"))
    throw new GanglionError(
      "DATA",
      `${what} holds pickled Python objects, which could run anything as they are loaded: save it as numbers, such as np.save(file, np.stack(array).astype("uint8"))`,
    );
  if (!(type in READERS))
    throw new GanglionError(
      "DATA",
      `${what} has elements of type ${type}, which are no pixels or labels: save it as uint8 (array.astype("uint8"))`,
    );
  if (isFortran && shape.length > 1)
    throw new GanglionError(
      "DATA",
      `${what} is in Fortran order, so that an image's pixels lie all over the file: save np.ascontiguousarray(array)`,
    );
}

/** All elements in their order, in pieces; each piece is valid until the next is taken. */
export async function* elementsOf(array: NumpyArray): AsyncGenerator<Float64Array, void> {
  const size = elementBytesOf(array.type);
  const read = READERS[array.type];
  let rest = Buffer.alloc(0);
  for await (const piece of array.content()) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const count = Math.floor(bytes.length / size);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = read(view, i * size, array.isLittleEndian);
    rest = Buffer.from(bytes.subarray(count * size));
    yield values;
  }
}

/** IEEE 754 binary16. */
function halfOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
