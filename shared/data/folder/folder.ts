// A folder of pictures, in folders of classes or not.
import { stat } from "node:fs/promises";
import { GanglionError } from "../../errors.ts";
import type { DataFormat } from "../format.ts";
import type { Picture } from "../source.ts";
import type { FileTree } from "../tree/tree.ts";
import type { FolderFile } from "./findings.ts";

/** Recognizes a single picture as well, to say what to give instead. */
export const folder: DataFormat = {
  name: "folder",
  isBuiltIn: false,
  takes: "a folder of pictures",
  async recognizes(path) {
    const found = await stat(path).catch(() => null);
    if (found === null || !(found.isDirectory() || found.isFile())) return false;
    const { isPictureFile, isPictureFolder } = await import("./recognize.ts");
    return found.isDirectory() ? isPictureFolder(path) : isPictureFile(path);
  },
  async open(path, split, { onProgress }) {
    if ((await stat(path)).isFile())
      throw new GanglionError("DATA", `${path} is a single picture: give the folder that holds all of them`);
    const { listFolder } = await import("./list-folder.ts");
    const { openTree } = await import("../tree/open-tree.ts");
    const { readWhole } = await import("../tree/read-file.ts");
    const tree: FileTree<FolderFile> = {
      format: "folder of pictures",
      isArchive: false,
      source: path,
      ...(await listFolder(path, onProgress)),
      identityOf: (files) => files.map(({ path: name, stamp }) => `${name}\t${stamp}`),
      read: async ({ location, sizeBytes }) => readWhole(location, sizeBytes),
      async *pictures(files): AsyncGenerator<Picture> {
        for (const [index, { path: name, location, sizeBytes }] of files.entries())
          yield { index, name, bytes: () => readWhole(location, sizeBytes) };
      },
    };
    return openTree(tree, split);
  },
};
