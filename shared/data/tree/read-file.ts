// Bytes of files on disk: opened when they are read, and closed before the call returns.
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { open } from "node:fs/promises";
import { MAX_FILE_BYTES } from "./tree.ts";
import { readAt as readFrom } from "../files/bytes.ts";

/** A path; as bytes where its name is no UTF-8. */
export type FilePath = string | Buffer;

/** Non-blocking: the opening of a pipe would else wait for its other end. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/** Up to here the reading is quicker at once than by way of another thread; above it the event loop shall turn. */
export const SMALL_BYTES = 2 ** 20;

/** A whole regular file. @throws Error for one that is too large or no regular file, and what the system says */
export function readWhole(path: FilePath, sizeBytes: number): Uint8Array | Promise<Uint8Array> {
  refuseLarge(sizeBytes);
  return sizeBytes > SMALL_BYTES ? readLarge(path) : readSmall(path);
}

function readSmall(path: FilePath): Uint8Array {
  const file = openSync(path, READ);
  try {
    if (!fstatSync(file).isFile()) throw new Error("it is no regular file");
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

async function readLarge(path: FilePath): Promise<Uint8Array> {
  const handle = await open(path, READ);
  try {
    if (!(await handle.stat()).isFile()) throw new Error("it is no regular file");
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** @throws Error */
export function refuseLarge(sizeBytes: number): void {
  if (sizeBytes > MAX_FILE_BYTES)
    throw new Error(
      `it has ${sizeBytes.toLocaleString("en-US")} bytes, and ${MAX_FILE_BYTES.toLocaleString("en-US")} are the most that is read`,
    );
}

/** Up to `length` bytes from `position` on, fewer where the file ends. */
export function readAt(path: FilePath, position: number, length: number): Uint8Array {
  const file = openSync(path, READ);
  try {
    const bytes = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const read = readSync(file, bytes, filled, length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    return bytes.subarray(0, filled);
  } finally {
    closeSync(file);
  }
}

/** The same, without keeping the event loop where it is much. */
export async function readRange(path: string, position: number, length: number): Promise<Uint8Array> {
  if (length <= SMALL_BYTES) return readAt(path, position, length);
  const handle = await open(path, READ);
  try {
    return await readFrom(handle, position, length);
  } finally {
    await handle.close();
  }
}
