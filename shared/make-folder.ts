// Makes a folder and its parents, and explains where a file system refuses.
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * One that is there is as good, and any number may make the same one at once. Not mkdir's own `recursive`, which never
 * returns where a file system refuses (/proc).
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const outer = dirname(path);
    if (outer === path || !(error instanceof Error && "code" in error && error.code === "ENOENT"))
      throw error;
    await makeFolder(outer);
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await stat(path).catch(() => null))?.isDirectory()) throw error;
  }
}
