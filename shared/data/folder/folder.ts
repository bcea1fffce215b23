// A folder of pictures, in folders of classes or not.
import { stat } from "node:fs/promises";
import type { DataFormat } from "../format.ts";
import type { Picture } from "../source.ts";
import type { FileTree } from "../tree/tree.ts";
import type { FolderFile } from "./list-folder.ts";

export const folder: DataFormat = {
  name: "folder",
  isBuiltIn: false,
  takes: "a folder of pictures",
  async recognizes(path) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    return isFolder && (await import("./recognize.ts")).isPictureFolder(path);
  },
  async open(path, split, { onProgress }) {
    const { listFolder } = await import("./list-folder.ts");
    const { openTree } = await import("../tree/open-tree.ts");
    const { readWhole } = await import("../tree/read-file.ts");
    const tree: FileTree<FolderFile> = {
      format: "folder of pictures",
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
