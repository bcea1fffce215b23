// Paths as people read them.
import { isAbsolute, relative } from "node:path";

/** As one would type it here: relative to the working directory for what is in it. */
export function nearPath(path: string): string {
  const near = relative("", path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? path : near;
}
