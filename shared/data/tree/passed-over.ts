// What a tree holds beside its pictures: told with counts, so that nothing is left out in silence.
import { join } from "node:path";
import { GanglionError } from "../../errors.ts";
import { LABELS_FORM } from "./labels-file.ts";
import { baseName, isArchiveName, isLabelsName, isSvgName, isUnreadPictureName } from "./names.ts";
import { PICTURE_KINDS } from "./picture-signature.ts";
import { counted, listed } from "./sentences.ts";
import { sortedByPath } from "./path-order.ts";
import type { FileTree, TreeFile } from "./tree.ts";

interface Told {
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** A sentence for each kind of file that is not read; `labelsFile` is read. */
export function tellPassedOver(tree: FileTree, labelsFile: TreeFile | null): Told {
  const { archives, labels, svg, unreadPictures, others } = groupOthers(tree, labelsFile);
  const notes: string[] = [];
  const warnings: string[] = [];
  const hidden = sortedByPath(tree.hidden, (path) => path);
  if (hidden.length > 0)
    notes.push(
      `${counted(hidden.length, "hidden or system file or folder is", "hidden or system files and folders are")} passed over (${listed(hidden)})`,
    );
  if (others.length > 0)
    notes.push(
      `${counted(others.length, "file that is no picture is", "files that are no pictures are")} passed over (${listed(others)})`,
    );
  if (svg.length > 0) notes.push(`SVG is not read: ${counted(svg.length, "file is", "files are")} passed over (${listed(svg)})`); // prettier-ignore
  if (archives.length > 0)
    notes.push(
      `archives inside are not looked into (${listed(archives)}): unpack them there if their pictures are wanted`,
    );
  if (unreadPictures.length > 0)
    warnings.push(
      `${counted(unreadPictures.length, "picture is", "pictures are")} of a kind that is not read (${listed(unreadPictures)}): convert to PNG or JPEG`,
    );
  if (labels.length > 0)
    warnings.push(
      `${listed(labels)} ${labels.length === 1 ? "looks" : "look"} like labels and ${labels.length === 1 ? "is" : "are"} not read: put the pictures of each class into a folder of its own, or write ${LABELS_FORM}`,
    );
  return { notes, warnings };
}

/** For a tree without a picture: what it holds, and what would be read. */
export function noPictures(tree: FileTree): GanglionError {
  const { archives } = groupOthers(tree, null);
  const hidden =
    tree.hidden.length > 0 ? ` (${counted(tree.hidden.length, "hidden or system file")} aside)` : "";
  if (tree.files.length === 0)
    return new GanglionError(
      "DATA",
      `${tree.source} is empty${hidden}: put pictures there (${PICTURE_KINDS}), those of each class in a folder of its own`,
    );
  const all = listed(sortedByPath(tree.files, ({ path }) => path).map(({ path }) => path));
  if (tree.isArchive)
    return new GanglionError(
      "DATA",
      `${tree.source} holds no pictures but ${all}${hidden}: in an archive ${PICTURE_KINDS} files are read; unpack it for every other format, and give what is inside`,
    );
  if (archives.length > 0)
    return new GanglionError(
      "DATA",
      `${tree.source} holds no pictures but archives (${listed(archives)}): give ${join(tree.source, archives[0])} itself`,
    );
  return new GanglionError(
    "DATA",
    `${tree.source} holds no pictures but ${all}${hidden}: ${PICTURE_KINDS} files are read, directly there or in a folder for each class`,
  );
}

function groupOthers(tree: FileTree, labelsFile: TreeFile | null) {
  const groups = {
    archives: [] as string[],
    labels: [] as string[],
    svg: [] as string[],
    unreadPictures: [] as string[],
    others: [] as string[],
  };
  const files = tree.files.filter((file) => !file.isPicture && file !== labelsFile);
  for (const { path } of sortedByPath(files, (file) => file.path)) groups[groupOf(baseName(path))].push(path);
  return groups;
}

function groupOf(name: string): "archives" | "labels" | "svg" | "unreadPictures" | "others" {
  if (isSvgName(name)) return "svg";
  if (isUnreadPictureName(name)) return "unreadPictures";
  if (isArchiveName(name)) return "archives";
  return isLabelsName(name) ? "labels" : "others";
}
