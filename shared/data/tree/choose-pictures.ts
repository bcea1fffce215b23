// The pictures of a split, in order, with their labels: from a file of labels, or by the folders they lie in.
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import type { Labels } from "../labels.ts";
import { sharedLabels } from "../shared-memory.ts";
import { chooseSplit } from "./choose-split.ts";
import { type LabelsFile, findLabelsFile, labelsByFile } from "./labels-file.ts";
import { type Level, folderBelow, namedFolders, roleOf } from "./layout.ts";
import { baseName } from "./names.ts";
import { noPictures, tellPassedOver } from "./passed-over.ts";
import { sortedByPath } from "./path-order.ts";
import { counted, listed } from "./sentences.ts";
import type { FileTree, TreeFile } from "./tree.ts";

export interface ChosenPictures<File extends TreeFile> {
  /** In the order of the data set. */
  readonly pictures: readonly File[];
  /** [N] */
  readonly labels: Labels | null;
  readonly classNames: readonly string[] | null;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Classes are the folders of the level that parts the pictures, if two or more hold any and no picture lies beside them:
 * label c is the c-th of their names. A test split has the labels of training.
 *
 * @throws GanglionError DATA where there are no pictures, or labels that do not fit
 */
export async function choosePictures<File extends TreeFile>(
  tree: FileTree<File>,
  split: Split,
): Promise<ChosenPictures<File>> {
  if (!tree.files.some(({ isPicture }) => isPicture)) throw noPictures(tree);
  const { level, trainLevel, ...told } = chooseSplit(tree, split, (train) => train.folders);
  const pictures = sortedByPath(level.pictures, ({ path }) => path);
  const labelsFile = await findLabelsFile(tree, level.base);
  const labelled = labelsFile
    ? byFile(tree, labelsFile, pictures)
    : byFolders(tree, level, trainLevel ?? level, pictures);
  const passedOver = tellPassedOver(tree, labelsFile?.file ?? null);
  return {
    pictures,
    labels: labelled.labels,
    classNames: labelled.classNames,
    notes: [...told.notes, ...labelled.notes, ...tree.notes, ...passedOver.notes],
    warnings: [...told.warnings, ...labelled.warnings, ...tree.warnings, ...passedOver.warnings],
  };
}

type Labelled = Pick<ChosenPictures<TreeFile>, "labels" | "classNames" | "notes" | "warnings">;

function byFile<File extends TreeFile>(
  tree: FileTree<File>,
  labelsFile: LabelsFile<File>,
  pictures: readonly File[],
): Labelled {
  const { file, labels } = labelsFile;
  const none = { labels: null, classNames: null, notes: [], warnings: [] };
  if (labels === null)
    return { ...none, notes: [`${file.path} says that there are no labels, so that folders are no classes`] };
  const numbers = labelsByFile(tree.source, labelsFile, labels, pictures);
  const base = file.path.slice(0, file.path.lastIndexOf("/") + 1);
  const paths = new Set(tree.files.map(({ path }) => path));
  const missing = [...labels.keys()].filter((path) => !paths.has(base + path));
  return {
    labels: sharedLabels(numbers),
    classNames: null,
    notes: [`labels are those of ${file.path}; folders are no classes`],
    warnings:
      missing.length === 0
        ? []
        : [
            `${file.path} has labels for ${counted(missing.length, "picture")} that ${missing.length === 1 ? "is" : "are"} not there (${listed(missing)}): add what is missing, or leave it as it is`,
          ],
  };
}

function byFolders(
  tree: FileTree,
  level: Level<TreeFile>,
  train: Level<TreeFile>,
  pictures: readonly TreeFile[],
): Labelled {
  const notes = noteOfEmpty(level);
  const none = { labels: null, classNames: null, notes, warnings: [] };
  const isTrain = level.base === train.base;
  if (isTrain && level.folders.length === 0) return { ...none, notes: [...noteOfWrapper(level), ...notes] };
  const classNames = train.loose.length === 0 && train.folders.length > 1 ? train.folders : null;
  if (level.loose.length > 0 && (isTrain ? level.folders.length > 0 : classNames !== null))
    return { ...none, warnings: [warningOfLoose(level)] };
  if (classNames === null) return none;
  const labelOf = new Map(classNames.map((name, label) => [name, label]));
  const unknown = level.folders.filter((name) => !labelOf.has(name));
  if (unknown.length > 0)
    throw new GanglionError(
      "DATA",
      `${tree.source} has ${namedFolders(unknown, level.base)} and no such class in ${train.base}: every class of the test split must be there; add it, or take it out of ${level.base}`,
    );
  const numbers = pictures.map(({ path }) => labelOf.get(folderBelow(path, level.base)!)!);
  return { labels: sharedLabels(numbers), classNames, notes, warnings: [] };
}

function noteOfWrapper({ base }: Level<TreeFile>): readonly string[] {
  if (base === "" || roleOf(baseName(base.slice(0, -1))) !== null) return [];
  return [`all pictures lie in ${base}: a single folder is no class, so that there are no labels`];
}

function noteOfEmpty({ base, empty, pictureless }: Level<TreeFile>): readonly string[] {
  const names = [...empty, ...pictureless];
  if (names.length === 0) return [];
  const which = listed(names.map((name) => `${base}${name}/`));
  return [
    `${which} ${names.length === 1 ? "holds no pictures, and is no class" : "hold no pictures, and are no classes"}`,
  ];
}

function warningOfLoose({ base, loose, folders }: Level<TreeFile>): string {
  const beside = listed(folders.map((name) => `${base}${name}/`));
  const where = folders.length > 0 ? `beside ${beside}` : `right in ${base}`;
  return `${counted(loose.length, "picture lies", "pictures lie")} ${where} (${loose[0].path}), so that folders are no classes and there are no labels: to have them, put each picture into the folder of its class`;
}
