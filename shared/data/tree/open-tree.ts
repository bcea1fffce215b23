// A tree of files as a source of images.
import { createHash } from "node:crypto";
import type { Split } from "../dataset.ts";
import type { ImageSource } from "../source.ts";
import { choosePictures } from "./choose-pictures.ts";
import type { FileTree, TreeFile } from "./tree.ts";

/** @throws GanglionError DATA where the split is not there, and for labels that do not fit */
export async function openTree<File extends TreeFile>(
  tree: FileTree<File>,
  split: Split,
): Promise<ImageSource> {
  const { pictures, labels, classNames, notes, warnings } = await choosePictures(tree, split);
  const labelsHash = createHash("sha256")
    .update(labels ?? "none")
    .digest("hex");
  return {
    format: tree.format,
    identity: [
      `${tree.format}, ${split}, labels ${labelsHash}, classes ${JSON.stringify(classNames)}`,
      ...tree.identityOf(pictures),
    ],
    labels,
    classNames,
    notes,
    warnings,
    content: { kind: "pictures", count: pictures.length, pictures: () => tree.pictures(pictures) },
  };
}
