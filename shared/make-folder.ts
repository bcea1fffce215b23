// Makes a folder with those around it, and says so where a file system refuses.
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** One that is there is as good. Not mkdir's own `recursive`, which never returns where a file system refuses (/proc). */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if ((await stat(path).catch(() => null))?.isDirectory()) return;
    const outer = dirname(path);
    if ((await stat(outer).catch(() => null)) !== null) throw error;
    await makeFolder(outer);
    await makeFolder(path);
  }
}
