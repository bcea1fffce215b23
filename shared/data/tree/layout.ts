// How the pictures of a tree are laid out: which folder holds them, and whether folders part them into splits or classes.
import { GanglionError } from "../../errors.ts";
import { joined } from "./sentences.ts";
import { sortedByPath } from "./path-order.ts";
import type { FileTree, TreeFile } from "./tree.ts";

/** What lies at one level of the tree. */
export interface Level<File extends TreeFile> {
  /** Prefix of all of its paths: empty, or ends in `/`. */
  readonly base: string;
  /** All pictures at and below this level. */
  readonly pictures: readonly File[];
  /** Pictures that lie in no folder of this level. */
  readonly loose: readonly File[];
  /** Names of the folders that hold pictures, at any depth; in order. */
  readonly folders: readonly string[];
  /** How many pictures each of `folders` holds. */
  readonly counts: ReadonlyMap<string, number>;
  /** Names of the folders without any file, in order. */
  readonly empty: readonly string[];
  /** Names of the folders that hold files, none of them a picture; in order. */
  readonly pictureless: readonly string[];
}

export function levelAt<File extends TreeFile>(tree: FileTree<File>, base: string): Level<File> {
  const pictures: File[] = [];
  const loose: File[] = [];
  const counts = new Map<string, number>();
  const withFiles = new Set<string>();
  const known = new Set<string>();
  for (const file of tree.files) {
    if (!file.path.startsWith(base)) continue;
    const folder = folderBelow(file.path, base);
    if (folder !== null) withFiles.add(folder);
    if (!file.isPicture) continue;
    pictures.push(file);
    if (folder === null) loose.push(file);
    else counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  for (const path of tree.folders)
    if (path.startsWith(base) && path.length > base.length)
      known.add(folderBelow(path, base) ?? path.slice(base.length));
  return {
    base,
    pictures,
    loose,
    folders: inOrder(counts.keys()),
    counts,
    empty: inOrder([...known].filter((name) => !withFiles.has(name))),
    pictureless: inOrder([...withFiles].filter((name) => !counts.has(name))),
  };
}

/**
 * The level at or below this one that parts the pictures: folders that wrap all pictures, and have nothing but
 * pictureless folders beside them, are gone into, while `isWrapper` agrees. `photos/cats/*.jpg` alone is a wrapper in a wrapper.
 */
export function unwrapped<File extends TreeFile>(
  tree: FileTree<File>,
  start: Level<File>,
  isWrapper: (name: string) => boolean = () => true,
): Level<File> {
  let level = start;
  while (level.loose.length === 0 && level.folders.length === 1 && level.empty.length === 0) {
    const [name] = level.folders;
    if (!isWrapper(name)) break;
    level = levelAt(tree, `${level.base}${name}/`);
  }
  return level;
}

export type Role = "train" | "test" | "validation";

/** What a folder's name says of a split; null for every other name. */
export function roleOf(name: string): Role | null {
  if (/^train(?:ing)?$/i.test(name)) return "train";
  if (/^(?:test(?:ing)?|t10k)$/i.test(name)) return "test";
  return /^(?:val|valid|validation)$/i.test(name) ? "validation" : null;
}

/**
 * The folders that are splits: where `train` has `test` or `validation` beside it, or where all that hold pictures are
 * named like splits. Otherwise null: cars, planes and train are three classes.
 *
 * @throws GanglionError DATA where two have the same role
 */
export function splitFolders(
  source: string,
  { base, folders, loose }: Pick<Level<TreeFile>, "base" | "folders" | "loose">,
): ReadonlyMap<Role, string> | null {
  const named = folders.filter((name) => roleOf(name) !== null);
  const roles = new Map(named.map((name) => [roleOf(name)!, name] as const));
  const areAll = named.length > 0 && named.length === folders.length && loose.length === 0;
  if (!areAll && !(roles.has("train") && roles.size > 1)) return null;
  for (const name of named) {
    const other = roles.get(roleOf(name)!);
    if (other !== name)
      throw new GanglionError(
        "DATA",
        `${source} has ${base}${name}/ and ${base}${other}/, and either could be meant: leave one of them there`,
      );
  }
  return roles;
}

/** `train/, test/ and val/` */
export function namedFolders(names: readonly string[], base = ""): string {
  return joined(names.map((name) => `${base}${name}/`));
}

/** The first component below `base` if it is a folder: null for a file that lies right there. */
export function folderBelow(path: string, base: string): string | null {
  const end = path.indexOf("/", base.length);
  return end < 0 ? null : path.slice(base.length, end);
}

function inOrder(names: Iterable<string>): readonly string[] {
  return sortedByPath([...names], (name) => name);
}
