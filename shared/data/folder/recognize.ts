// Whether a folder is one of pictures: a quick look, before anything is listed.
import type { Dirent } from "node:fs";
import { opendir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { countGzipLayers, readHead } from "../files/gzip.ts";
import { parseIdxName } from "../idx/names.ts";
import { isRegularFile } from "../../regular-file.ts";
import { isArchiveName, isHiddenName, isPictureName } from "../tree/names.ts";
import { SIGNATURE_BYTES, beginsLikePicture } from "../tree/picture-signature.ts";
import { readAt } from "../tree/read-file.ts";

/** So many entries are looked at in all, and of each folder a part of them. */
const MOST_ENTRIES = 20_000;
const MOST_OF_A_FOLDER = 2_000;
/** So many files are opened to see how they begin, where their names do not tell. */
const MOST_HEADS = 500;

/**
 * True for a folder that holds a picture at any depth, by name or by its first bytes, and for one that holds nothing of
 * any format, whose `open` says so. Files named or written like IDX at its top make it a folder of IDX files. Never throws.
 */
export async function isPictureFolder(root: string): Promise<boolean> {
  try {
    const names = (await readdir(root)).filter((name) => !isHiddenName(name));
    if (names.some((name) => parseIdxName(name) !== null)) return false;
    return (await holdsPicture(root)) || !(await holdsIdx(root, names));
  } catch {
    return false; // it cannot be read: who takes every path says why
  }
}

/** Breadth first, so that a wide folder does not hide its neighbours. */
async function holdsPicture(root: string): Promise<boolean> {
  const folders = [root];
  let entries = 0;
  let heads = 0;
  for (let at = 0; at < folders.length && entries < MOST_ENTRIES; at++) {
    const undecided: string[] = [];
    for await (const entry of entriesOf(folders[at])) {
      entries++;
      const path = join(folders[at], entry.name);
      if (isHiddenName(entry.name)) continue;
      if (entry.isDirectory()) folders.push(path);
      else if (isPictureName(entry.name)) return true;
      else if (entry.isFile() && !isArchiveName(entry.name)) undecided.push(path);
      else if (entry.isSymbolicLink() && at === 0) folders.push(path); // a link to a file is no folder, and has no entries
    }
    for (const path of undecided) if (heads++ < MOST_HEADS && isPictureFile(path)) return true;
  }
  return false;
}

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    let taken = 0;
    for await (const entry of await opendir(folder)) {
      yield entry;
      if (++taken >= MOST_OF_A_FOLDER) break;
    }
  } catch {
    return; // one folder that cannot be read does not decide
  }
}

/** By its first bytes. */
export function isPictureFile(path: string): boolean {
  try {
    return beginsLikePicture(readAt(path, 0, SIGNATURE_BYTES));
  } catch {
    return false; // unreadable: `open` tells
  }
}

/** Whether a file at the top begins like IDX: 0, 0, a type, a rank; gzipped or not. */
async function holdsIdx(root: string, names: readonly string[]): Promise<boolean> {
  for (const name of names.slice(0, MOST_HEADS)) {
    const path = join(root, name);
    if (!(await isRegularFile(path))) continue;
    const [first, second, type, rank] = await readHead(path, await countGzipLayers(path), 4).catch(() => [1]);
    if (first === 0 && second === 0 && type >= 8 && type <= 14 && rank >= 1 && rank <= 4) return true;
  }
  return false;
}
