// Which module a file is: its real path, and a hash of what it and the files that it imports say.
import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { dirname, extname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { readRegularFile } from "../regular-file.ts";

export interface ModuleIdentity {
  /** Absolute, with links followed. */
  readonly file: string;
  /**
   * SHA-256, hex, over the module and what it imports by path (`./layers.js`), directly or not: their places relative to
   * the module, and their bytes as text. What it takes from packages, or names while it runs, cannot be known.
   */
  readonly hash: string;
}

/** More than these are no networks, and are not looked for. */
const MOST_FILES = 1000;

/** Rejects with the error of the system, or with what the path is instead of a file. Nothing of the module is run. */
export async function identifyModule(path: string): Promise<ModuleIdentity> {
  const file = await realpath(path);
  const sources = new Map<string, string>([[file, await readRegularFile(file)]]);
  for (const [importer, source] of sources) {
    for (const specifier of importsOf(source)) {
      const found = await findImport(importer, specifier);
      if (found && !sources.has(found.file) && sources.size < MOST_FILES)
        sources.set(found.file, found.source);
    }
  }
  const hash = createHash("sha256");
  const folder = dirname(file);
  for (const [name, source] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(JSON.stringify([relative(folder, name), source]));
  return { file, hash: hash.digest("hex") };
}

/**
 * What stands behind from, import, require and new URL, where it is a path. Read as text, not parsed: one in a comment too
 * many only makes the hash stricter.
 */
function importsOf(source: string): string[] {
  return [...source.matchAll(IMPORT)].map(([, , specifier]) => specifier);
}

const IMPORT =
  /\b(?:from|import|require|URL)(?:\s|\/\*[^]*?\*\/|\()*(["'`])((?:\.{1,2}\/|\/|file:)[^"'`\n]*)\1/g;

/** As Node finds it, or jiti: without its ending, by the name of its JavaScript, as the index of a folder. */
async function findImport(
  importer: string,
  specifier: string,
): Promise<{ readonly file: string; readonly source: string } | null> {
  const path = pathOf(importer, specifier);
  if (path === null) return null;
  const stem = path.slice(0, path.length - extname(path).length);
  const candidates = [
    path,
    ...ENDINGS.map((ending) => path + ending),
    ...(/\.[mc]?js$/.test(path) ? ENDINGS.map((ending) => stem + ending) : []),
    ...ENDINGS.map((ending) => join(path, `index${ending}`)),
  ];
  for (const candidate of candidates) {
    try {
      const file = await realpath(candidate);
      return { file, source: await readRegularFile(file) };
    } catch {
      continue; // no such file: the next name, and where it has none, the import itself will be told
    }
  }
  return null;
}

const ENDINGS = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json"];

function pathOf(importer: string, specifier: string): string | null {
  const plain = specifier.replace(/[?#].*$/, "");
  if (!plain.startsWith("file:")) return resolve(dirname(importer), plain);
  try {
    return fileURLToPath(plain);
  } catch {
    return null; // no address of a file: the import will fail, too
  }
}
