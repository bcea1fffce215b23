// Which pictures of a tree are a split's: those below `train/` or `test/`, or all of them.
import { join } from "node:path";
import { GanglionError } from "../../errors.ts";
import type { Split } from "../dataset.ts";
import { type Level, levelAt, namedFolders, roleOf, splitFolders, unwrapped } from "./layout.ts";
import { counted, joined } from "./sentences.ts";
import type { FileTree, TreeFile } from "./tree.ts";

export interface ChosenSplit<File extends TreeFile> {
  /** Where its classes are. */
  readonly level: Level<File>;
  /** Where the classes of training are, whose order is that of the labels; null where only this split is there. */
  readonly trainLevel: Level<File> | null;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Wrappers (`photos/train/…`) are gone through, above and below the splits.
 *
 * @throws GanglionError DATA where the split is not there
 */
export function chooseSplit<File extends TreeFile>(
  tree: FileTree<File>,
  split: Split,
  folderNamesOf: (level: Level<File>) => readonly string[],
): ChosenSplit<File> {
  const { source } = tree;
  const top = unwrapped(tree, levelAt(tree, ""), (name) => roleOf(name) === null);
  const roles = splitFolders(source, top);
  if (!roles) {
    if (split === "train") return { level: top, trainLevel: top, notes: [], warnings: warnOfRoles(top) };
    throw new GanglionError(
      "DATA",
      `${source} has no test images, as it is not parted into splits: make folders ${top.base}train/ and ${top.base}test/ there, and move some pictures of each class into the second`,
    );
  }
  const used = split === "train" ? roles.get("train") : (roles.get("test") ?? roles.get("validation"));
  if (used === undefined)
    throw new GanglionError(
      "DATA",
      split === "train"
        ? `${source} holds ${namedFolders([...roles.values()], top.base)} and no train/ with pictures: add it, or give ${join(source, top.base, [...roles.values()][0])} itself to train on that`
        : `${source} has no test images: put some of each class into ${top.base}test/, beside ${top.base}train/`,
    );
  const train = roles.get("train");
  const trainLevel = train === undefined ? null : unwrapped(tree, levelAt(tree, `${top.base}${train}/`));
  const classes = trainLevel ? folderNamesOf(trainLevel) : [];
  const level =
    split === "train" && trainLevel
      ? trainLevel
      : unwrapped(tree, levelAt(tree, `${top.base}${used}/`), (name) => !classes.includes(name));
  return { level, trainLevel, notes: [noteOfSplits(top, used, split)], warnings: warnOfOthers(top) };
}

/** `train/ is used, 10,000 pictures; test/ holds 2,000 more, for classifiers` */
function noteOfSplits(top: Level<TreeFile>, used: string, split: Split): string {
  const others = top.folders.filter((name) => name !== used && roleOf(name) !== null);
  const rest = others.map((name) => `${top.base}${name}/ holds ${top.counts.get(name)!.toLocaleString("en-US")} more`); // prettier-ignore
  const what = `${top.base}${used}/ is used, ${counted(top.counts.get(used)!, "picture")}`;
  if (rest.length === 0) return what;
  return `${what}; ${joined(rest)}${split === "train" ? ", for classifiers" : ""}`;
}

function warnOfOthers(top: Level<TreeFile>): readonly string[] {
  const folders = top.folders.filter((name) => roleOf(name) === null);
  const warnings: string[] = [];
  if (folders.length > 0)
    warnings.push(
      `${namedFolders(folders, top.base)} beside the splits ${folders.length === 1 ? "is" : "are"} not read: move what is wanted below one of them`,
    );
  if (top.loose.length > 0)
    warnings.push(
      `${counted(top.loose.length, "picture lies", "pictures lie")} beside the splits and ${top.loose.length === 1 ? "is" : "are"} not read (${top.loose[0].path}): move what is wanted below one of them`,
    );
  return warnings;
}

/** A folder that is named like a split and is a class all the same. */
function warnOfRoles(level: Level<TreeFile>): readonly string[] {
  return level.folders
    .filter((name) => roleOf(name) !== null)
    .map(
      (name) =>
        `${level.base}${name}/ is read as ${level.loose.length > 0 ? "a folder" : "a class"} like those beside it: for splits, make train/ and test/ with the classes in each`,
    );
}
