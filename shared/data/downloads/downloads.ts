// Data sets by name, such as `mnist`: downloaded into the cache once, and then read as the files that they are.
import { stat } from "node:fs/promises";
import type { DataFormat } from "../format.ts";
import { CATALOG, findNamed } from "./catalog.ts";

/** A folder or file of such a name comes first. Nodes do not download: the run's data is fetched from its coordinator. */
export const downloads: DataFormat = {
  name: "downloads",
  isBuiltIn: false,
  takes: `${CATALOG.map(({ name }) => `"${name}"`).join(", ")} (downloaded)`,
  recognizes: async (source) =>
    findNamed(source) !== null &&
    (await stat(source).then(
      () => false,
      () => true,
    )),
  open: async (source, split, options) =>
    (await import("./open.ts")).openDownload(findNamed(source)!, split, options),
};
