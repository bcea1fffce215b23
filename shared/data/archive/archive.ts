// An archive of pictures, zip or tar, read in place: nothing is unpacked to disk.
import { GanglionError } from "../../errors.ts";
import type { DataFormat } from "../format.ts";

export const archive: DataFormat = {
  name: "archive",
  isBuiltIn: false,
  takes: "a zip, tar or tar.gz of pictures",
  recognizes: async (path) =>
    (await import("./archive-kind.ts")).archiveKind(path).then((kind) => kind !== null),
  identify: async (path) => [await (await import("../files/bytes.ts")).identityOf(path)],
  async open(path, split, { onProgress }) {
    const { archiveKind } = await import("./archive-kind.ts");
    const { openTree } = await import("../tree/open-tree.ts");
    const found = await archiveKind(path);
    switch (found?.kind) {
      case "zip":
        return openTree(await (await import("./zip-tree.ts")).zipTree(path, onProgress), split);
      case "tar": {
        const { tarTree } = await import("./tar-tree.ts");
        return openTree(await tarTree(path, found.gzipLayers, onProgress), split);
      }
      case "unread":
        throw new GanglionError(
          "DATA",
          `${path} is ${found.what}, and of archives .zip, .tar and .tar.gz are read: unpack it, and give what is inside`,
        );
      case undefined:
        throw new GanglionError("DATA", `${path} is no archive any more: it changed while it was opened`);
      default:
        return found satisfies never;
    }
  },
};
