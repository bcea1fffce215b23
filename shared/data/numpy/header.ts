// The header of a .npy file (NumPy's NEP 1), read and written: what the array holds, before its content.
import { GanglionError } from "../../errors.ts";

export const MAGIC = "\x93NUMPY";

export interface ArrayHeader {
  readonly shape: readonly number[];
  /** As NumPy writes it without the byte order: `u1`, `f4`, `O`, `U5`. */
  readonly type: string;
  readonly isLittleEndian: boolean;
  /** Whether the first index runs fastest. */
  readonly isFortran: boolean;
  /** Where the content begins. */
  readonly headerBytes: number;
}

/** No header of an array of numbers comes near it. */
export const MOST_HEADER_BYTES = 65_536;

/**
 * @param head the first bytes of the file, at least its header
 * @param what for messages: the file, or the member of one
 * @throws GanglionError DATA when they are no header, or of an array with several fields
 */
export function parseHeader(head: Buffer, what: string): ArrayHeader {
  const bad = (why: string): GanglionError =>
    new GanglionError("DATA", `${what} is no whole NumPy array: ${why}; save or copy it again`);
  if (head.toString("latin1", 0, MAGIC.length) !== MAGIC) throw bad("it does not begin like one");
  if (head.length < 12) throw bad("it ends inside its header");
  const major = head[6];
  const [start, length] = major === 1 ? [10, head.readUInt16LE(8)] : [12, head.readUInt32LE(8)];
  if (length > MOST_HEADER_BYTES) throw bad(`its header claims ${length} bytes`);
  if (head.length < start + length) throw bad("it ends inside its header");
  const text = head.toString("utf8", start, start + length);
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const sizes = /'shape':\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const type = /'descr':\s*'([<>|=])([A-Za-z]\d*)(?:\[\w+\])?'/.exec(text);
  if (/'descr':\s*\[/.test(text))
    throw new GanglionError(
      "DATA",
      `${what} has several fields an element: save the one that holds the pixels, array["field"]`,
    );
  if (!order || sizes === undefined || !type) throw bad(`its header says ${text.trim().slice(0, 80)}`);
  return {
    shape: sizes.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number.parseInt(size, 10)])),
    type: type[2],
    isLittleEndian: type[1] !== ">",
    isFortran: order === "True",
    headerBytes: start + length,
  };
}

/** NumPy's format 1.0 (NEP 1): the content begins at a multiple of 64. */
export function npyHeader(descr: string, shape: readonly number[]): Buffer {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10);
  head.write(`${MAGIC}\x01\x00`, "latin1");
  head.writeUInt16LE(length, 8);
  return Buffer.concat([head, Buffer.from(`${text.padEnd(length - 1)}\n`, "latin1")]);
}
