// StyleGAN's file of labels, `dataset.json` or `labels.json`: {"labels": [["00000/img00000000.png", 6], …]}.
import { GanglionError, messageOf } from "../../errors.ts";
import { parseJson } from "../../json/parse-json.ts";
import { baseName } from "./names.ts";
import { refuseLarge } from "./read-file.ts";
import { counted, listed } from "./sentences.ts";
import type { FileTree, TreeFile } from "./tree.ts";

export interface LabelsFile<File extends TreeFile> {
  readonly file: File;
  /** By path below the folder of the file; null where it says that there are no labels. */
  readonly labels: ReadonlyMap<string, number> | null;
}

/** As in "…: write …". */
export const LABELS_FORM = `{"labels": [["folder/a.png", 0], …]} in a file labels.json`;

/**
 * The file of labels in the folder `base`, or in the nearest above it. `dataset.json`, which StyleGAN 2 and 3 write,
 * comes before `labels.json`. Files of these names in another form, as COCO's, are left to who warns of what is not read.
 *
 * @throws GanglionError DATA for a file that is damaged, and for labels that are no classes
 */
export async function findLabelsFile<File extends TreeFile>(
  tree: FileTree<File>,
  base: string,
): Promise<LabelsFile<File> | null> {
  const byPath = new Map(
    tree.files.filter(({ path }) => NAMES.includes(baseName(path))).map((file) => [file.path, file]),
  );
  for (let folder = base; ; folder = folder.slice(0, folder.lastIndexOf("/", folder.length - 2) + 1)) {
    for (const name of NAMES) {
      const file = byPath.get(folder + name);
      if (!file) continue;
      const fullName = `${tree.source}: ${file.path}`;
      const labels = parseLabels(fullName, await readLabels(tree, file, fullName));
      if (labels !== undefined) return { file, labels };
    }
    if (folder === "") return null;
  }
}

async function readLabels<File extends TreeFile>(
  tree: FileTree<File>,
  file: File,
  fullName: string,
): Promise<Uint8Array> {
  try {
    refuseLarge(file.sizeBytes);
    return await tree.read(file);
  } catch (cause) {
    if (cause instanceof GanglionError) throw cause;
    throw new GanglionError(
      "DATA",
      `${fullName} cannot be read (${messageOf(cause)}): mend it, or move it away so that folders are the classes`,
      { cause },
    );
  }
}

const NAMES: readonly string[] = ["dataset.json", "labels.json"];

/**
 * The label of each picture.
 *
 * @throws GanglionError DATA where one has none
 */
export function labelsByFile(
  source: string,
  { file }: { readonly file: TreeFile },
  labels: ReadonlyMap<string, number>,
  pictures: readonly TreeFile[],
): readonly number[] {
  const base = file.path.slice(0, -baseName(file.path).length);
  const found = pictures.map(({ path }) => labels.get(path.slice(base.length)) ?? NO_LABEL);
  const without = pictures.filter((_, i) => found[i] === NO_LABEL).map(({ path }) => path);
  if (without.length > 0)
    throw new GanglionError(
      "DATA",
      `${source}: ${file.path} has no label for ${without.length.toLocaleString("en-US")} of ${counted(pictures.length, "picture")} (${listed(without)}): add them there, or move that file away so that folders are the classes`,
    );
  return found;
}

const NO_LABEL = -1;

/** Null for a file without labels, undefined for another form. */
function parseLabels(name: string, bytes: Uint8Array): ReadonlyMap<string, number> | null | undefined {
  const content = contentOf(name, bytes);
  if (typeof content !== "object" || content === null || !("labels" in content)) return undefined;
  const { labels } = content;
  if (labels === null) return null;
  const entries: readonly unknown[] = Array.isArray(labels)
    ? labels
    : typeof labels === "object"
      ? Object.entries(labels)
      : [];
  const isForm = entries.every(
    (entry) => Array.isArray(entry) && entry.length === 2 && typeof entry[0] === "string",
  );
  if (!isForm || typeof labels !== "object") return undefined;
  const classes = new Map<string, number>();
  let width: number | null = null;
  for (const [path, label] of entries as readonly [string, unknown][]) {
    const key = path.replaceAll("\\", "/").replace(/^(?:\.\/)+/, "");
    const number = Array.isArray(label) ? oneHotClass(label) : label;
    const ownWidth = Array.isArray(label) ? label.length : null;
    if (!isLabel(number) || (classes.size > 0 && ownWidth !== width))
      throw new GanglionError(
        "DATA",
        `${name} gives ${path} the label ${JSON.stringify(label).slice(0, 60)}: labels are whole numbers from 0, or vectors of one length with a single 1 and else zeros; write ${LABELS_FORM}`,
      );
    width = ownWidth;
    if ((classes.get(key) ?? number) !== number)
      throw new GanglionError(
        "DATA",
        `${name} gives ${path} the labels ${classes.get(key)} and ${number}: leave one of them`,
      );
    classes.set(key, number);
  }
  return classes;
}

function contentOf(name: string, bytes: Uint8Array): unknown {
  try {
    return parseJson(bytes);
  } catch (cause) {
    throw new GanglionError(
      "DATA",
      `${name} is not JSON (${messageOf(cause)}): mend it, or move it away so that folders are the classes`,
      { cause },
    );
  }
}

/** The place of the only 1 among zeros; null for every other vector. */
function oneHotClass(vector: readonly unknown[]): number | null {
  const ones = vector.filter((value) => value === 1).length;
  const zeros = vector.filter((value) => value === 0).length;
  return ones === 1 && zeros === vector.length - 1 ? vector.indexOf(1) : null;
}

function isLabel(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < 2 ** 31;
}
