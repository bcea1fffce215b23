// Parquet as Hugging Face writes image sets: encoded pictures in one column, their labels in another.
import type { DataFormat } from "../format.ts";
import { findParquetFiles } from "./find.ts";

export const parquet: DataFormat = {
  name: "parquet",
  isBuiltIn: false,
  takes: "Parquet with a column of pictures",
  recognizes: async (path) => (await findParquetFiles(path)) !== null,
  // The reader's libraries are loaded when there is something to read: the table is part of every command.
  open: async (path, split, options) => (await import("./open.ts")).openParquet(path, split, options),
};
