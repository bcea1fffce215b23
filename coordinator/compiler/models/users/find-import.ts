// The files that an import may mean, found as Node and jiti find them; nothing of them is run.
import { realpath } from "node:fs/promises";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isObject } from "../../../../shared/is-object.ts";
import { readRegularFile } from "../../../../shared/regular-file.ts";

export interface Found {
  /** Absolute, with links followed; of a package.json only its imports are hashed, under its name and `IMPORTS`. */
  readonly file: string;
  readonly source: string;
}

/** Behind the name of a package.json: the source is what its "imports" say. */
export const IMPORTS = "#imports";

/** Every file that it may be: which of several, only who imports it decides. None where there is no such file. */
export async function findImport(importer: string, specifier: string): Promise<readonly Found[]> {
  return specifier.startsWith("#") ? findMapped(importer, specifier) : findPath(importer, specifier);
}

async function findPath(importer: string, specifier: string): Promise<readonly Found[]> {
  const found = await Promise.all(pathsOf(importer, specifier).map(findFile));
  return found.filter((one) => one !== null);
}

/** As an address, which is percent-decoded and ends at ? or #, and as a path, which is neither. */
function pathsOf(importer: string, specifier: string): readonly string[] {
  const paths = new Set<string>();
  try {
    paths.add(fileURLToPath(new URL(specifier, pathToFileURL(importer))).replace(/(?<=.)\/$/, ""));
  } catch {
    // no address of a file: as such the import will fail, too
  }
  if (!specifier.startsWith("file:")) {
    paths.add(resolve(dirname(importer), specifier.replace(/[?#].*$/, "")));
    paths.add(resolve(dirname(importer), specifier));
  }
  return [...paths];
}

/** Without its ending, by the name of its JavaScript, as the index of a folder. */
async function findFile(path: string): Promise<Found | null> {
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

const ENDINGS = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".json", ".d.ts"];

/** `#layers` by the "imports" of the nearest package.json, under every condition, and that map itself. */
async function findMapped(importer: string, specifier: string): Promise<readonly Found[]> {
  const scope = await nearestPackage(dirname(importer));
  if (!scope) return [];
  const targets = Object.entries(scope.imports).flatMap(([key, target]) => {
    const [before, after] = key.split("*");
    if (after === undefined) return key === specifier ? stringsIn(target) : [];
    const fits = specifier.startsWith(before) && specifier.endsWith(after) && specifier.length >= key.length;
    const part = specifier.slice(before.length, specifier.length - after.length);
    return fits ? stringsIn(target).map((one) => one.replaceAll("*", () => part)) : [];
  });
  if (targets.length === 0) return [];
  const map = { file: `${scope.file}${IMPORTS}`, source: JSON.stringify(scope.imports) };
  const own = targets.filter((target) => target.startsWith("./")); // the others are packages
  const found = await Promise.all(own.map((target) => findPath(scope.file, target)));
  return own.length > 0 && found.flat().length === 0 ? [] : [map, ...found.flat()];
}

interface Scope {
  readonly file: string;
  readonly imports: Record<string, unknown>;
}

async function nearestPackage(folder: string): Promise<Scope | null> {
  const file = join(folder, "package.json");
  const text = await readRegularFile(file).catch(() => null); // none here: the next folder outwards
  if (text === null) return dirname(folder) === folder ? null : nearestPackage(dirname(folder));
  try {
    const content: unknown = JSON.parse(text);
    const imports = isObject(content) ? (content as Record<string, unknown>)["imports"] : null;
    return isObject(imports) ? { file, imports: imports as Record<string, unknown> } : null;
  } catch {
    return null; // no JSON: the import will fail, too
  }
}

/** Of a target with conditions or alternatives, each. */
function stringsIn(target: unknown): string[] {
  if (typeof target === "string") return [target];
  return isObject(target) || Array.isArray(target) ? Object.values(target).flatMap(stringsIn) : [];
}
