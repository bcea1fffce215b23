// Replaces a file so that a reader, a crash or a power cut finds the old one or the new one, never a part.
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** The end of the names of unfinished files. */
export const UNFINISHED = ".tmp";

/**
 * Writes `file`: a temporary file beside it → fsync → rename → fsync of the folder. When it resolves, the bytes are
 * durable; when it rejects, whatever was there before is still there. One writer at a time for one file.
 *
 * @throws the system's error when the file cannot be written
 */
export async function replaceFile(file: string, content: Uint8Array | string): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}${UNFINISHED}`);
  try {
    await rm(temporary, { force: true }); // left by a crash, or a link that somebody has put there
    const handle = await open(temporary, "wx");
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to report
    throw error;
  }
  await syncFolder(folder);
}

/** Makes the names in a folder durable. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
