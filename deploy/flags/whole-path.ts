// Where data lie, as a config keeps it.
import { statSync } from "node:fs";
import { resolve } from "node:path";

/** A folder's whole path, since a run may be resumed from elsewhere; other names are left for `loadDataset` to judge. */
export function wholePath(data: string): string {
  return data !== "strokes" && isFolder(data) ? resolve(data) : data;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false; // whoever loads it says why
  }
}
