// Whether NumPy's arrays lie at a path, by their first bytes.
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { headOf } from "../files/bytes.ts";
import { parseIdxName } from "../idx/names.ts";
import { isHiddenName, isPictureName } from "../tree/names.ts";
import { MAGIC } from "./header.ts";

/** Never throws. In a folder, pictures and IDX files come first: arrays beside them are about them. */
export async function isNumpy(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile()) return (await isNpy(path)) || (await isNpz(path));
  if (!found?.isDirectory()) return false;
  const names = await arraysIn(path).catch(() => null);
  for (const name of names ?? [])
    if ((await isNpy(join(path, name))) || (await isNpz(join(path, name)))) return true;
  return false;
}

export async function isNpy(path: string): Promise<boolean> {
  return (await headOf(path, MAGIC.length)).toString("latin1") === MAGIC;
}

/** Whether a zip archive holds arrays and nothing else, as `np.savez` writes it. */
export async function isNpz(path: string): Promise<boolean> {
  const head = await headOf(path, 4);
  if (head.toString("latin1") !== "PK\x03\x04") return false;
  const { holdsArraysOnly } = await import("./npz.ts");
  return await holdsArraysOnly(path);
}

/** The names of files that may be arrays; null where the folder is one of pictures or IDX files. */
async function arraysIn(folder: string): Promise<readonly string[] | null> {
  const names: string[] = [];
  for await (const { name } of await opendir(folder)) {
    if (isHiddenName(name)) continue;
    if (isPictureName(name) || parseIdxName(name)?.holds === "images") return null;
    if (isArrayName(name)) names.push(name);
  }
  return names;
}

export function isArrayName(name: string): boolean {
  return /\.np[yz]$/i.test(name) && !isHiddenName(name);
}
