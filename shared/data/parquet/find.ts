// Finds the Parquet files at a path, and those of a split.
import { opendir, stat } from "node:fs/promises";
import { join } from "node:path";
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { headOf } from "../files/bytes.ts";
import { type NamedSplit, listNames, splitOfName } from "../files/names.ts";
import { isHiddenName, isPictureName } from "../tree/names.ts";
import { sortedByPath } from "../tree/path-order.ts";

export interface ParquetFile {
  readonly path: string;
  /** The path below what the user named. */
  readonly name: string;
}

/** `default/train/0000.parquet`, as Hugging Face converts data sets, and nothing deeper. */
const MOST_LEVELS = 3;

/**
 * All Parquet files at the path, in order of their names; null where there is none. Where pictures lie beside them, as in a
 * card that describes the data set, the files must hold pictures as well, or they are about those. A missing path has none.
 */
export async function findParquetFiles(path: string): Promise<readonly ParquetFile[] | null> {
  const found = await stat(path).catch(() => null);
  if (found?.isFile())
    return (await isParquet(path)) ? [{ path, name: path.split("/").at(-1) ?? path }] : null;
  if (!found?.isDirectory()) return null;
  const { names, hasPictures } = await namesBelow(path, "", MOST_LEVELS).catch(() => NOTHING);
  const files = sortedByPath(names, (name) => name).map((name) => ({ path: join(path, name), name }));
  if (files.length === 0 || !(await isParquet(files[0].path))) return null;
  return hasPictures && !(await holdsPictures(files[0])) ? null : files;
}

async function holdsPictures(file: ParquetFile): Promise<boolean> {
  const [{ readTable }, { chooseColumns }] = await Promise.all([import("./file.ts"), import("./columns.ts")]);
  try {
    chooseColumns(await readTable(file));
    return true;
  } catch {
    return false; // no column of pictures, or damaged: not what makes the folder a Parquet data set
  }
}

async function isParquet(path: string): Promise<boolean> {
  return (await headOf(path, 4)).toString("latin1") === "PAR1";
}

interface Found {
  readonly names: readonly string[];
  readonly hasPictures: boolean;
}

const NOTHING: Found = { names: [], hasPictures: false };

async function namesBelow(folder: string, below: string, levels: number): Promise<Found> {
  const names: string[] = [];
  const folders: string[] = [];
  let hasPictures = false;
  for await (const entry of await opendir(join(folder, below))) {
    if (isHiddenName(entry.name)) continue;
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) folders.push(name);
    else if (isPictureName(entry.name)) hasPictures = true;
    else if (/\.parquet$/i.test(entry.name)) names.push(name);
  }
  for (const name of levels > 1 ? folders : []) {
    const inside = await namesBelow(folder, name, levels - 1);
    names.push(...inside.names);
    hasPictures ||= inside.hasPictures;
  }
  return { names, hasPictures };
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
