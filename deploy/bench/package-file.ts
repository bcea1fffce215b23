// Files of this package that are no code of the program.
import { existsSync } from "node:fs";

/** By its path from the package's root: two levels up from the sources, three from dist. */
export function packageFile(path: string): URL {
  const near = new URL("../../", import.meta.url);
  const root = existsSync(new URL("package.json", near)) ? near : new URL("../", near);
  return new URL(path, root);
}
