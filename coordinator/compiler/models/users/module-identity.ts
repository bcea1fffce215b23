// Which module a file is: its real path, and a hash of what it and the files that it imports say.
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { dirname, relative } from "node:path";
import { readRegularFile } from "../../../../shared/regular-file.ts";
import { type Found, IMPORTS, findImport } from "./find-import.ts";
import { importsOf } from "./imports-of.ts";

export interface ModuleIdentity {
  /** Absolute, with links followed. */
  readonly file: string;
  /**
   * SHA-256, hex, over the module and what it imports by path (`./layers.js`) or by its package's "imports" (`#layers`),
   * directly or not: their places relative to the module, and their bytes as text. What it takes from packages cannot be
   * known.
   */
  readonly hash: string;
  /** The first import whose file is not known before the module runs, and so not hashed; null where there is none. */
  readonly unfollowed: string | null;
}

/** More than these are no networks, and are not looked for. */
const MOST_FILES = 1000;

/** Rejects with the error of the system, or with what the path is instead of a file. Nothing of the module is run. */
export async function identifyModule(path: string): Promise<ModuleIdentity> {
  const file = await realpath(path);
  const sources = new Map<string, string>([[file, await readRegularFile(file)]]);
  let unfollowed: string | null = null;
  for (const [importer, source] of sources) {
    if (importer.endsWith(".json") || importer.endsWith(IMPORTS)) continue;
    for (const one of importsOf(source)) {
      const found: readonly Found[] = one.specifier === null ? [] : await findImport(importer, one.specifier);
      if (found.length === 0 && one.isCode) unfollowed ??= `${one.text} in ${importer}`;
      for (const { file: name, source: content } of found) {
        if (sources.size < MOST_FILES) sources.set(name, sources.get(name) ?? content);
        else unfollowed ??= `more than ${MOST_FILES} files`;
      }
    }
  }
  const hash = createHash("sha256");
  const folder = dirname(file);
  for (const [name, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(JSON.stringify([relative(folder, name), source]));
  return { file, hash: hash.digest("hex"), unfollowed };
}
