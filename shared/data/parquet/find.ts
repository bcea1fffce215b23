// Finds the Parquet files at a path, and those of a split.
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { headOf } from "../files/bytes.ts";
import {
  type NamedSplit,
  compareNames,
  isHidden,
  isPictureName,
  listNames,
  splitOfName,
} from "../files/names.ts";

export interface ParquetFile {
  readonly path: string;
  /** The path below what the user named. */
  readonly name: string;
}

/** `default/train/0000.parquet`, as Hugging Face converts data sets, and nothing deeper. */
const MOST_LEVELS = 3;

/**
 * All Parquet files at the path, in order of their names; null where there is none, or where pictures lie beside them,
 * so that the folder is one of pictures. A missing path has none.
 */
export async function findParquetFiles(path: string): Promise<readonly ParquetFile[] | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile())
    return (await isParquet(path)) ? [{ path, name: path.split("/").at(-1) ?? path }] : null;
  if (!found?.isDirectory()) return null;
  const names = await namesBelow(path, "", MOST_LEVELS).catch(() => null);
  if (!names || names.length === 0) return null;
  const files = names.sort(compareNames).map((name) => ({ path: join(path, name), name }));
  return (await isParquet(files[0].path)) ? files : null;
}

async function isParquet(path: string): Promise<boolean> {
  return (await headOf(path, 4)).toString("latin1") === "PAR1";
}

/** Null as soon as a picture is found. */
async function namesBelow(folder: string, below: string, levels: number): Promise<string[] | null> {
  const names: string[] = [];
  const folders: string[] = [];
  for await (const entry of await opendir(join(folder, below))) {
    if (isHidden(entry.name)) continue;
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) folders.push(name);
    else if (isPictureName(entry.name)) return null;
    else if (/\.parquet$/i.test(entry.name)) names.push(name);
  }
  if (levels > 1)
    for (const name of folders) {
      const inside = await namesBelow(folder, name, levels - 1);
      if (!inside) return null;
      names.push(...inside);
    }
  return names;
}

export interface SplitFiles {
  readonly files: readonly ParquetFile[];
  readonly notes: readonly string[];
}

/**
 * By the names of files and their folders: `train-…`, `test-…`. Files whose names say nothing are of the train split;
 * where there is no test split, the validation split stands in.
 *
 * @throws GanglionError DATA when the split has no file
 */
export function filesOfSplit(source: string, files: readonly ParquetFile[], split: Split): SplitFiles {
  // Of a file that the user names, the name does not matter: it is the train split.
  const splitOf = ({ name }: ParquetFile): NamedSplit => {
    const named = files.length === 1 ? null : splitOfName(name);
    return named ?? "train";
  };
  const of = (wanted: NamedSplit): ParquetFile[] => files.filter((file) => splitOf(file) === wanted);
  const notes: string[] = [];
  let chosen = of(split);
  if (chosen.length === 0 && split === "test") {
    chosen = of("validation");
    if (chosen.length > 0) notes.push(`${source} has no test split: its validation split is taken instead`);
  }
  if (chosen.length > 0) return { files: chosen, notes };
  throw new GanglionError(
    "DATA",
    `${source} has no ${split} split: give it a file named ${split}-00000-of-00001.parquet; it holds ${listNames(files.map(({ name }) => name))}`,
  );
}
