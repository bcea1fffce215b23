// Files read by position, and what tells one state of a file from another.
import { type FileHandle, stat } from "node:fs/promises";
import { GanglionError, messageOf } from "../../errors.ts";
import { openRegularFile } from "../../regular-file.ts";

/** Fewer bytes than asked for where the file ends before. The buffer is the caller's, and nobody else's. */
export async function readAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length)); // not of Node's pool: views of it may be kept
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/**
 * Runs `body` with the file open.
 *
 * @throws GanglionError DATA when it cannot be opened, and what `body` throws
 */
export async function withFile<T>(path: string, body: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await openData(path);
  try {
    return await body(handle);
  } finally {
    await handle.close();
  }
}

/** @throws GanglionError DATA when it cannot be opened */
export async function openData(path: string): Promise<FileHandle> {
  try {
    return await openRegularFile(path);
  } catch (cause) {
    throw new GanglionError("DATA", `${path} cannot be opened (${messageOf(cause)}): copy the file again`, {
      cause,
    });
  }
}

/** The first bytes; none where there is no such file, or none that can be read. */
export async function headOf(path: string, length: number): Promise<Buffer> {
  try {
    const handle = await openRegularFile(path);
    try {
      return await readAt(handle, 0, length);
    } finally {
      await handle.close();
    }
  } catch {
    return Buffer.alloc(0); // it is no file that anything could be recognized in
  }
}

export async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() === true;
}

/** A line that changes when the file does. */
export async function identityOf(path: string): Promise<string> {
  const { size, mtimeMs, ctimeMs } = await stat(path); // tools may keep the time of a change, never that of the inode's
  return `${path} ${size} ${mtimeMs} ${ctimeMs}`;
}
