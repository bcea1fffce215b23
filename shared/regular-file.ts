// Files that others named, opened without harm: a pipe keeps nobody waiting, and a device or folder is no file.
import { type Stats, constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";

/** Non-blocking: the opening of a pipe would else wait for its other end, and keep a thread of Node with it. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file to read it; links are followed. Rejects with the error of the system, and with an error that says
 * what the path is instead: `it is a pipe, and no regular file`.
 */
export async function openRegularFile(path: string): Promise<FileHandle> {
  const handle = await open(path, READ);
  try {
    const found = await handle.stat();
    if (!found.isFile()) throw new Error(`it is ${kindOf(found)}, and no regular file`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** All of a regular file as text. Rejects as `openRegularFile` does. */
export async function readRegularFile(path: string): Promise<string> {
  return (await readRegularBytes(path)).toString("utf8");
}

/** The same as bytes. */
export async function readRegularBytes(path: string): Promise<Buffer> {
  const handle = await openRegularFile(path);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** `a folder`, as it stands in a sentence. */
export function kindOf(found: Stats): string {
  if (found.isFile()) return "a file";
  if (found.isDirectory()) return "a folder";
  if (found.isSymbolicLink()) return "a link";
  if (found.isFIFO()) return "a pipe";
  if (found.isSocket()) return "a socket";
  return "a device";
}

/** Whether a regular file is there, or a link to one. */
export async function isRegularFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
