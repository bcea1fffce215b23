// The arrays at a path, each with its header; their content is read as it is taken.
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { GanglionError, messageOf } from "../../errors.ts";
import { headOf } from "../files/bytes.ts";
import { sortedByPath } from "../tree/path-order.ts";
import { isArrayName, isNpy, isNpz } from "./find.ts";
import { type ArrayHeader, MOST_HEADER_BYTES, parseHeader } from "./header.ts";
import { listMembers } from "./npz.ts";

export interface NumpyArray extends ArrayHeader {
  /** As saved: `x_train`. */
  readonly name: string;
  /** Of its archive without its ending, as that may say what the array does not; empty for a file of its own. */
  readonly archive: string;
  /** For messages: the file, and the member of it. */
  readonly what: string;
  readonly file: string;
  /** The elements, in pieces of any length. @throws GanglionError DATA when the file is damaged */
  readonly content: () => AsyncGenerator<Buffer, void>;
}

/** All arrays of a folder or an archive, in the order of their names; of a single file it and those beside it. */
export async function listArrays(source: string): Promise<readonly NumpyArray[]> {
  const path = resolve(source);
  const isFolder = (await stat(path)).isDirectory();
  if (!isFolder && (await isNpz(path))) return await membersOf(path);
  const folder = isFolder ? path : dirname(path);
  const names = new Set((await readdir(folder)).filter(isArrayName));
  if (!isFolder) names.add(basename(path));
  const arrays: NumpyArray[] = [];
  for (const name of sortedByPath([...names], (one) => one)) {
    const file = join(folder, name);
    if (await isNpy(file)) arrays.push(await arrayOf(file));
    else if (isFolder && (await isNpz(file))) arrays.push(...(await membersOf(file)));
  }
  return arrays;
}

async function arrayOf(file: string): Promise<NumpyArray> {
  const { size } = await stat(file);
  const header = parseHeader(await headOf(file, MOST_HEADER_BYTES + 12), file);
  return checked({
    ...header,
    name: stem(file),
    archive: "",
    what: file,
    file,
    sizeBytes: size,
    pieces: (start) => createReadStream(file, { start }),
  });
}

async function membersOf(file: string): Promise<readonly NumpyArray[]> {
  const members = await listMembers(file).catch((cause: unknown) => {
    throw damaged(file, cause);
  });
  const arrays: NumpyArray[] = [];
  for (const { name, sizeBytes, content } of members) {
    const what = `${name} in ${file}`;
    const header = parseHeader(await headOfMember(what, content()), what);
    arrays.push(
      checked({
        ...header,
        name: members.length === 1 && /^arr_\d+$/.test(name) ? stem(file) : name,
        archive: stem(file),
        what,
        file,
        sizeBytes,
        pieces: (start) => without(content(), start),
      }),
    );
  }
  return arrays;
}

async function headOfMember(what: string, content: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of content) {
      pieces.push(piece);
      length += piece.length;
      if (length >= MOST_HEADER_BYTES + 12) break;
    }
  } catch (cause) {
    throw damaged(what, cause);
  }
  return Buffer.concat(pieces);
}

interface Raw extends Omit<NumpyArray, "content"> {
  readonly sizeBytes: number;
  readonly pieces: (start: number) => AsyncIterable<unknown>;
}

/** The content must be as long as its header says, which is known before anything of it is read. */
function checked({ sizeBytes, pieces, ...array }: Raw): NumpyArray {
  const bytes = elementBytesOf(array.type) * array.shape.reduce((product, size) => product * size, 1);
  const found = sizeBytes - array.headerBytes;
  if (found !== bytes && !Number.isNaN(bytes))
    throw new GanglionError(
      "DATA",
      `${array.what} has ${found} bytes after its header, and ${array.shape.join(" × ")} elements of ${array.type} are ${bytes}: it is ${found < bytes ? "truncated" : "damaged"}, save or copy it again`,
    );
  return {
    ...array,
    async *content() {
      try {
        for await (const piece of pieces(array.headerBytes)) yield piece as Buffer;
      } catch (cause) {
        throw damaged(array.what, cause);
      }
    },
  };
}

/** NaN for elements whose size the header does not tell, such as objects. */
export function elementBytesOf(type: string): number {
  return /^[biuf]\d+$/.test(type) ? Number(type.slice(1)) : Number.NaN;
}

async function* without(content: AsyncIterable<Buffer>, bytes: number): AsyncGenerator<Buffer, void> {
  let left = bytes;
  for await (const piece of content) {
    if (left < piece.length) yield piece.subarray(left);
    left = Math.max(0, left - piece.length);
  }
}

function stem(file: string): string {
  return basename(file).replace(/\.np[yz]$/i, "");
}

function damaged(what: string, cause: unknown): GanglionError {
  if (cause instanceof GanglionError) return cause;
  return new GanglionError(
    "DATA",
    `${what} cannot be read (${messageOf(cause)}): save or copy the file again`,
    { cause },
  );
}
